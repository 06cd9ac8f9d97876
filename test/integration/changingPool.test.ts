import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Baton } from '../../tools/testbed/baton.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { until } from '../../tools/testbed/until.ts';
import { StreamLoad } from '../soak/streamLoad.ts';
import { runBaton } from '../support/batonCommand.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { seededRandom } from '../support/seededRandom.ts';

/**
 * 3,000 endpoints in a file that changes while they are probed, under load. How long single
 * decisions wait is not asserted here: that depends on what else the machine does.
 */
checkForLeaks();

const size = 3_000;
const changes = 2;
const changeEveryMs = 2_000;
const streamsPerSecond = 200;

let dir: string;
let pods: Server;
let baton: Baton;

/** All of 127.0.0.0/8 is this machine: one server is 3,000 pods. */
const addressesOf = ({ port }: AddressInfo) =>
  Array.from({ length: size }, (_, nth) => `127.1.${nth >> 8}.${nth & 255}:${port}`);

function writeEndpoints(addresses: readonly string[], round: number): void {
  const lines = addresses.map((address, nth) => {
    const traits = `weight: ${1 + ((nth + round) % 7)}, labels: { zone: z${nth % 3} }, models: [a, b]`;
    return `  - { address: "${address}", ${traits} }`;
  });
  writeFileSync(join(dir, 'new.yaml'), ['endpoints:', ...lines, ''].join('\n'));
  renameSync(join(dir, 'new.yaml'), join(dir, 'endpoints.yaml'));
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'baton-pool-'));
  pods = createServer((_request, response) => response.end('ok'));
  pods.listen(0, '0.0.0.0');
  await once(pods, 'listening');
  const [port, adminPort] = (await freePorts(2)) as [number, number];
  baton = new Baton({
    name: 'a',
    port,
    adminPort,
    dir,
    settings: {
      pool: { name: 'large', file: join(dir, 'endpoints.yaml'), probe: { intervalMs: 30_000 } },
    },
  });
});

afterEach(async () => {
  await Promise.all(baton.processes.map((process) => process.kill()));
  pods.close();
  pods.closeAllConnections();
  rmSync(dir, { recursive: true });
});

it('refuses no stream and misses no health check while a large endpoints file changes', async () => {
  const addresses = addressesOf(pods.address() as AddressInfo);
  writeEndpoints(addresses, 0);
  await baton.launch();
  await baton.waitUntilReady(90_000);
  const load = new StreamLoad({
    targets: [baton.address],
    streamsPerSecond,
    meanHoldMs: 200,
    abortedShare: 0,
    endpoints: addresses.slice(0, 100),
    random: seededRandom(1),
  });
  load.start();
  const answers: string[] = [];
  try {
    for (let round = 1; round <= changes; round += 1) {
      // A part of the pool leaves, and comes back.
      writeEndpoints(round === changes - 1 ? addresses.slice(0, size / 2) : addresses, round);
      const endMs = performance.now() + changeEveryMs;
      while (performance.now() < endMs)
        answers.push((await runBaton(['probe', '--address', baton.address])).stdout.trim());
    }
    load.pause();
    await until(() => load.open === 0, { what: 'the last streams to end', timeoutMs: 30_000 });
  } finally {
    load.stop();
  }
  const allAreReady = async () => (await baton.state()).pool.every(({ ready }) => ready);
  await until(allAreReady, { what: 'all endpoints to be probed', timeoutMs: 60_000, intervalMs: 500 });
  expect(load.counts).toMatchObject({ refused: 0, lost: 0 });
  expect(load.counts.ended).toBeGreaterThan(100);
  expect(new Set(answers)).toEqual(new Set(['SERVING']));
}, 240_000);
