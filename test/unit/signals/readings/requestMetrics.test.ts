import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { metricsAgent, requestMetrics } from '../../../../src/signals/readings/requestMetrics.ts';
import { checkForLeaks } from '../../../support/leakCheck.ts';

checkForLeaks();

const text = 'vllm:num_requests_running 2\nvllm:num_requests_waiting 1\n';
const reading = { kind: 'reading', reading: { engine: 'vllm', running: 2, waiting: 1 } };
const servers: Server[] = [];
const agents: ReturnType<typeof metricsAgent>[] = [];
afterEach(async () => {
  for (const agent of agents.splice(0)) agent.destroy();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(answer: RequestListener): Promise<{ port: number; server: Server }> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, server };
}

function askerOf(port: number, timeoutMs = 10_000, signal = new AbortController().signal) {
  const agent = metricsAgent();
  agents.push(agent);
  return () => requestMetrics({ host: '127.0.0.1', port, path: '/metrics', timeoutMs, signal }, agent);
}

describe('a question for metrics', () => {
  it('reads what the engine says, on one connection', async () => {
    let connections = 0;
    const paths: (string | undefined)[] = [];
    const { port, server } = await listen(({ url }, response) => {
      paths.push(url);
      response.end(text);
    });
    server.on('connection', () => {
      connections += 1;
    });
    const ask = askerOf(port);
    expect([await ask(), await ask(), await ask()]).toEqual([reading, reading, reading]);
    expect({ paths, connections }).toEqual({ paths: ['/metrics', '/metrics', '/metrics'], connections: 1 });
  });

  it('follows no redirect', async () => {
    let asked = 0;
    const { port } = await listen((_, response) => {
      asked += 1;
      response.writeHead(302, { location: `http://127.0.0.1:${port}/other` }).end(text);
    });
    expect(await askerOf(port)()).toEqual({ kind: 'failed', failure: 'status' });
    expect(asked).toBe(1);
  });

  it('gives up on an answer without end', async () => {
    const { port } = await listen((_, response) => {
      const part = Buffer.alloc(64 * 1024, '#');
      const write = (): void => {
        while (!response.destroyed && response.write(part));
      };
      response.on('drain', write);
      write();
    });
    expect(await askerOf(port)()).toEqual({ kind: 'failed', failure: 'too-large' });
  });

  it('gives up on an answer that does not come, and on one that does not end', async () => {
    const { port } = await listen(({ url }, response) => {
      if (url === '/metrics') response.write(text);
    });
    expect(await askerOf(port, 50)()).toEqual({ kind: 'failed', failure: 'unanswered' });
    const silent = await listen(() => {});
    expect(await askerOf(silent.port, 50)()).toEqual({ kind: 'failed', failure: 'unanswered' });
  });

  it('says that the answer is of no engine', async () => {
    const { port } = await listen((_, response) => response.end('up 1\n'));
    expect(await askerOf(port)()).toEqual({ kind: 'failed', failure: 'no-engine' });
  });

  it('asks once more when the pod closes a kept connection', async () => {
    const sockets: Socket[] = [];
    let isFirst = true;
    const { port, server } = await listen((request, response) => {
      if (isFirst || request.socket !== sockets[0]) response.end(text);
      else request.socket.destroy();
      isFirst = false;
    });
    server.on('connection', (socket) => sockets.push(socket));
    const ask = askerOf(port);
    expect([await ask(), await ask()]).toEqual([reading, reading]);
    expect(sockets).toHaveLength(2);
  });

  it('says that nothing listens', async () => {
    const { port, server } = await listen(() => {});
    await new Promise((resolve) => server.close(resolve));
    expect(await askerOf(port)()).toEqual({ kind: 'failed', failure: 'unreachable' });
  });

  it('ends when it is stopped', async () => {
    const stopping = new AbortController();
    const { port } = await listen(() => stopping.abort());
    expect(await askerOf(port, 10_000, stopping.signal)()).toEqual({ kind: 'stopped' });
  });
});
