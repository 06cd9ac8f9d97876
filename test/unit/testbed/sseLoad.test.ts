import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SseLoad } from '../../../tools/testbed/sseLoad.ts';
import { sendSseRequest } from '../../../tools/testbed/sseRequest.ts';
import { eventually } from '../../support/eventually.ts';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

let server: Server;
let url: string;
let answer: Answer;
let agent: Agent;

const whole: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-podsim-id': 'pod-1' });
  response.end('data: {}\n\ndata: [DONE]\n\n');
};

beforeEach(async () => {
  answer = whole;
  server = createServer((request, response) => {
    request.resume().on('end', () => answer(response, request));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`;
  agent = new Agent({ keepAlive: true });
});

afterEach(async () => {
  agent.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

describe('one streaming request', () => {
  const begun = (response: ServerResponse) => {
    response.writeHead(200, { 'x-podsim-id': 'pod-2' });
    response.write('data: {"a":1}\n\n');
  };
  const endings: [string, Answer, object][] = [
    ['a whole stream', whole, { kind: 'ok', pod: 'pod-1' }],
    [
      'an end mark in two pieces',
      (response) => {
        begun(response);
        response.write('data: [DO', () => setImmediate(() => response.end('NE]\n\n')));
      },
      { kind: 'ok', pod: 'pod-2' },
    ],
    [
      'an event with the usage, in two pieces',
      (response) => {
        begun(response);
        const rest = '_tokens":90,"prompt_tokens_details":{"cached_tokens":64}}}\n\ndata: [DONE]\n\n';
        response.write('data: {"usage":{"prompt', () => setImmediate(() => response.end(rest)));
      },
      {
        kind: 'ok',
        usage: { promptTokens: 90, cachedTokens: 64 },
        firstTokenMs: expect.any(Number),
      },
    ],
    [
      'an event that reports an error, in two pieces',
      (response) => {
        begun(response);
        const rest = '"error":{"message":"out of memory"}}\n\ndata: [DONE]\n\n';
        response.write('data: {', () => setImmediate(() => response.end(rest)));
      },
      { kind: 'failed', detail: 'pod-2: data: {"error":{"message":"out of memory"}}' },
    ],
    [
      'events that mention errors',
      (response) => {
        begun(response);
        response.end('data: {"error":null}\n\ndata: {"text":"data: {\\"error\\":1}"}\n\ndata: [DONE]\n\n');
      },
      { kind: 'ok', pod: 'pod-2' },
    ],
    [
      'another status',
      (response) => response.writeHead(503).end('no endpoint\n'),
      { kind: 'failed', detail: 'status 503: no endpoint' },
    ],
    [
      'a connection that breaks before the response',
      (response) => response.destroy(),
      { kind: 'failed', detail: 'socket hang up (ECONNRESET)' },
    ],
    [
      'an orderly end without the end mark',
      (response) => {
        begun(response);
        response.end();
      },
      { kind: 'cut', pod: 'pod-2', detail: expect.stringContaining('the response ended early') },
    ],
    [
      'a connection that breaks in the middle',
      (response) => {
        begun(response);
        setImmediate(() => response.destroy());
      },
      { kind: 'cut', pod: 'pod-2', detail: expect.stringContaining('aborted (ECONNRESET)') },
    ],
  ];

  it.each(endings)('with %s ends as expected', async (_situation, how, expected) => {
    answer = how;
    expect(await sendSseRequest({ url, agent })).toMatchObject(expected);
  });

  it('requests a stream with the given headers and body', async () => {
    let seen: { header: unknown; body: unknown } | undefined;
    server.removeAllListeners('request');
    server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
      const body = Buffer.concat(await request.toArray()).toString();
      seen = { header: request.headers['routing-strategy'], body: JSON.parse(body) };
      whole(response, request);
    });
    await sendSseRequest({ url, agent, headers: { 'routing-strategy': 'random' }, body: { max_tokens: 3 } });
    expect(seen).toMatchObject({ header: 'random', body: { stream: true, max_tokens: 3 } });
  });

  it('fails after its timeout', async () => {
    answer = () => {};
    expect(await sendSseRequest({ url, agent, timeoutMs: 50 })).toMatchObject({
      kind: 'failed',
      detail: 'not complete after 50 ms',
    });
  });

  it('is neither failed nor cut when the client aborts it', async () => {
    const client = new AbortController();
    answer = (response) => {
      begun(response);
      client.abort();
    };
    expect(await sendSseRequest({ url, agent, signal: client.signal })).toMatchObject({ kind: 'aborted' });
  });
});

describe('a load of a number of clients', () => {
  it('has at most as many requests in flight as clients and ends after the given count', async () => {
    let open = 0;
    let mostOpen = 0;
    answer = (response, request) => {
      mostOpen = Math.max(mostOpen, ++open);
      setTimeout(() => {
        open--;
        whole(response, request);
      }, 5);
    };
    const load = new SseLoad({ url, pace: { kind: 'closed', clients: 3 }, requests: 20 });
    const report = await load.start();
    expect(report).toMatchObject({
      sent: 20,
      ok: 20,
      failed: 0,
      cut: 0,
      inFlight: 0,
      byPod: { 'pod-1': 20 },
    });
    expect(report.latencyMs?.p50).toBeGreaterThanOrEqual(4);
    expect(mostOpen).toBe(3);
  });

  it('starts its clients over the ramp time', async () => {
    const held: (() => void)[] = [];
    answer = (response, request) => held.push(() => whole(response, request));
    const load = new SseLoad({ url, pace: { kind: 'closed', clients: 3, rampMs: 90 } });
    const startMs = performance.now();
    void load.start();
    await eventually(() => held.length >= 3, { everyMs: 1 });
    expect(performance.now() - startMs).toBeGreaterThan(50);
    const stopped = load.stop();
    for (const release of held) release();
    expect(await stopped).toMatchObject({ sent: 3, ok: 3 });
  });

  it('finishes the requests in flight when it is stopped', async () => {
    const held: (() => void)[] = [];
    answer = (response, request) => held.push(() => whole(response, request));
    const load = new SseLoad({ url, pace: { kind: 'closed', clients: 4 } });
    void load.start();
    await eventually(() => held.length >= 4, { everyMs: 1 });
    const stopped = load.stop();
    expect(load.report()).toMatchObject({ sent: 4, ok: 0, inFlight: 4 });
    for (const release of held) release();
    expect(await stopped).toMatchObject({ sent: 4, ok: 4, inFlight: 0 });
  });

  it('counts failed and cut requests, and keeps the first problems', async () => {
    let count = 0;
    answer = (response, request) => {
      count++;
      if (count === 1) response.writeHead(500).end('boom');
      else if (count === 2) response.writeHead(200).end('data: {}\n\n');
      else whole(response, request);
    };
    const load = new SseLoad({ url, pace: { kind: 'closed', clients: 1 }, requests: 4 });
    const report = await load.start();
    expect(report).toMatchObject({ sent: 4, ok: 2, failed: 1, cut: 1 });
    expect(report.problems).toEqual([
      expect.stringMatching(/^failed after \d+ ms: status 500: boom$/),
      expect.stringMatching(/^cut by unknown after \d+ ms: the response ended early/),
    ]);
  });
});

describe('a load at a rate', () => {
  it('goes on sending while earlier requests have no response', async () => {
    const held: (() => void)[] = [];
    answer = (response, request) => held.push(() => whole(response, request));
    const requestsPerSecond = 200;
    const load = new SseLoad({ url, pace: { kind: 'open', requestsPerSecond } });
    const startMs = performance.now();
    void load.start();
    await eventually(() => held.length >= 30);
    answer = whole;
    const stopped = load.stop();
    const elapsedSeconds = (performance.now() - startMs) / 1000;
    for (const release of held) release();
    const { sent, ok } = await stopped;
    expect(ok).toBe(sent);
    expect(sent).toBeGreaterThanOrEqual(30);
    expect(sent).toBeLessThanOrEqual(elapsedSeconds * requestsPerSecond);
  });
});
