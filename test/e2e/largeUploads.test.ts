import { readFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { useTopology } from '../support/topology.ts';

/** Envoy keeps the body of a request for a retry until its pod answers: 16 MiB of each. */
const pods: Server[] = [];
afterAll(async () => {
  for (const pod of pods) {
    pod.closeAllConnections();
    await new Promise((resolve) => pod.close(resolve));
  }
});
checkForLeaks();

const uploads = 64;
const bodyBytes = 16 * 1024 * 1024;
/** In place of 2 GiB. All bodies together have a whole GiB. */
const heapMiB = 256;

type Upload = (envoyUrl: string, ended: () => void) => { destroy(): void };

/** All but the last byte. `ended`: sent, or refused. */
const uploadHttp1: Upload = (envoyUrl, ended) => {
  const headers = { 'content-length': `${bodyBytes}` };
  const upload = request(envoyUrl, { path: '/x', method: 'POST', headers, agent: false });
  upload.on('error', ended);
  upload.on('response', (response) =>
    response
      .on('error', () => {})
      .resume()
      .on('end', ended),
  );
  upload.write(Buffer.alloc(bodyBytes - 1), () => ended());
  return upload;
};

const uploadHttp2: Upload = (envoyUrl, ended) => {
  const session = connect(envoyUrl);
  session.on('error', ended);
  const headers = { ':method': 'POST', ':path': '/x', 'content-length': `${bodyBytes}` };
  const upload = session.request(headers);
  upload.on('error', () => {});
  upload.resume().on('close', ended);
  upload.write(Buffer.alloc(bodyBytes - 1), () => ended());
  return session;
};

describe.each([
  ['HTTP/1.1', uploadHttp1],
  ['HTTP/2', uploadHttp2],
])('with envoy.yaml, a smaller heap and clients that speak %s', (_protocol, upload) => {
  const topology = useTopology(async () => ({
    instances: 1,
    etcd: false,
    externalPods: [await startPod()],
    amendEnvoy: setHeap,
  }));
  const clients: { destroy(): void }[] = [];
  const leave = (): void => {
    for (const client of clients.splice(0)) client.destroy();
  };
  afterEach(leave);

  it(`bounds the memory while ${uploads} of them upload 16 MiB each, and serves others then`, async () => {
    const { envoy } = topology();
    const beforeMiB = peakMiB(envoy.process.pid);
    await Promise.all(
      Array.from(
        { length: uploads },
        () => new Promise<void>((resolve) => clients.push(upload(envoy.url, resolve))),
      ),
    );
    // What arrives before Envoy looks at its memory again comes on top; without a limit, all of it.
    const allMiB = (uploads * bodyBytes) / 1024 / 1024;
    expect(peakMiB(envoy.process.pid)).toBeLessThan(beforeMiB + 0.75 * allMiB);
    leave();
    await eventually(
      async () => {
        expect((await sendHttp(`${envoy.url}/x`, { body: { a: 1 } })).status).toBe(200);
      },
      { timeoutMs: 60_000 },
    );
  }, 180_000);
});

function setHeap({ overload_manager }: EnvoyBootstrap): void {
  const { resource_monitors } = overload_manager as {
    resource_monitors: { name: string; typed_config: Record<string, unknown> }[];
  };
  const heap = resource_monitors.find(({ name }) => name === 'envoy.resource_monitors.fixed_heap');
  // A file without it would limit nothing.
  if (heap) heap.typed_config.max_heap_size_bytes = heapMiB * 1024 * 1024;
}

/** The largest resident memory of the process so far. */
function peakMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** It reads each body to its end, and keeps nothing. */
async function startPod(): Promise<string> {
  const pod = createServer((incoming, response) => {
    incoming.on('error', () => {});
    incoming.resume().on('end', () => response.end('ok'));
  });
  pods.push(pod);
  await new Promise<void>((resolve) => pod.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(pod.address() as AddressInfo).port}`;
}
