import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { Agent, createServer, get, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { InstanceState } from '../../src/admin/state.ts';
import type { Baton } from '../../tools/testbed/baton.ts';
import { batonCommandLine } from '../../tools/testbed/batonEntry.ts';
import { BatonCluster } from '../support/batonCluster.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { logLines } from '../support/logLines.ts';

/** A process that has no file descriptor left judges no one by that. */
checkForLeaks();

/** Node and an instance with etcd need about 50. */
const descriptors = 90;

let cluster: BatonCluster;
let baton: Baton;
let pods: Server[];
let folder: string;
let stopExhausting: () => void;
/** Opened before no connection can be: it is used for every look at the instance. */
let admin: Agent;

beforeEach(async () => {
  stopExhausting = () => {};
  admin = new Agent({ keepAlive: true, maxSockets: 1 });
  folder = await mkdtemp(join(tmpdir(), 'baton-local-failures-'));
  pods = await Promise.all([startPod(), startPod(), startPod()]);
  const [listed, named, filed] = pods.map((pod) => (pod.address() as AddressInfo).port);
  await writeFile(join(folder, 'pods.yaml'), `endpoints: ["127.0.0.1:${filed}"]\n`);
  cluster = await BatonCluster.start({});
  baton = await cluster.instance('a', {
    pool: {
      endpoints: [`127.0.0.1:${listed}`, `localhost:${named}`],
      file: join(folder, 'pods.yaml'),
      dnsRefreshMs: 100,
      probe: { enabled: true, intervalMs: 50, unhealthyThreshold: 1, panicPercent: 0 },
    },
    etcd: { endpoints: [cluster.etcd.endpoint], leaseTtlSeconds: 2 },
  });
  const serve = batonCommandLine('serve', '--config', '{config}');
  await baton.startAs({
    release: '1',
    generation: 0,
    command: ['bash', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'bash', ...serve],
  });
  await eventually(async () => expect(await readyCount()).toBe(3));
});
afterEach(async () => {
  stopExhausting();
  admin.destroy();
  await cluster.stop();
  await Promise.all(pods.map(stopPod));
  await rm(folder, { recursive: true });
});

async function startPod(): Promise<Server> {
  const pod = createServer((_, response) => response.end());
  await new Promise<void>((resolve) => pod.listen(0, 'localhost', resolve));
  return pod;
}

async function stopPod(pod: Server): Promise<void> {
  pod.closeAllConnections();
  if (pod.listening) await new Promise((resolve) => pod.close(resolve));
}

function read(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(`${baton.adminUrl}${path}`, { agent: admin }, (response) => {
      let text = '';
      response.on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
  });
}

const state = async (): Promise<InstanceState> => JSON.parse(await read('/state'));
const readyCount = async (): Promise<number> => (await state()).pool.filter(({ ready }) => ready).length;

async function probesNotMade(): Promise<number> {
  return Number(/^baton_probes_not_made_total (\d+)$/m.exec(await read('/metrics'))?.[1]);
}

/** Idle connections to the gRPC port: as many as it takes, and more when they close. */
function exhaustDescriptors(): { stop(): void } {
  const [host = '', port] = baton.address.split(':');
  const sockets = new Set<Socket>();
  const fill = (): void => {
    while (sockets.size < 2 * descriptors) {
      const socket = connect(Number(port), host);
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
  };
  fill();
  const refill = setInterval(fill, 10);
  const stop = (): void => {
    clearInterval(refill);
    for (const socket of sockets) socket.destroy();
  };
  stopExhausting = stop;
  return { stop };
}

it('pods, a host name, the endpoints file and etcd stay as they are without a free descriptor', async () => {
  const { stop } = exhaustDescriptors();
  await eventually(async () => expect(await probesNotMade()).toBeGreaterThan(0));
  const before = await probesNotMade();
  const looks: unknown[] = [];
  await eventually(
    async () => {
      // It is read again each time.
      await utimes(join(folder, 'pods.yaml'), new Date(), new Date());
      const { pool, store } = await state();
      const { leaseHeld, regrants } = store;
      looks.push({ ready: pool.filter(({ ready }) => ready).length, leaseHeld, regrants });
      return (await probesNotMade()) > before + 60;
    },
    { timeoutMs: 30_000 },
  );
  expect(
    looks.filter((look) => !isDeepStrictEqual(look, { ready: 3, leaseHeld: true, regrants: 0 })),
  ).toEqual([]);
  expect(logLines(baton, 'endpoint.not-probed')).toMatchObject([
    { reason: expect.stringContaining('EMFILE') },
  ]);

  // With free descriptors it judges again.
  await stopPod(pods[0] as Server);
  stop();
  await eventually(async () => expect(await readyCount()).toBe(2));
}, 90_000);
