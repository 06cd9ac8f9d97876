import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Baton } from '../../tools/testbed/baton.ts';
import { Envoy } from '../../tools/testbed/envoy.ts';
import { gatewayFile } from '../../tools/testbed/gatewayFiles.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { residentMiB } from '../../tools/testbed/processFigures.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { serverKind as transport } from '../support/serverKinds.ts';
import { envoyBin } from '../support/tools.ts';

/**
 * Full duplex in both directions with sides that do not read for a while. `LARGE_BODIES_MB=120`
 * takes that much, and sides that do not read for 4 s.
 */
const bodyBytes = Number(process.env.LARGE_BODIES_MB ?? 40) * 1_000_000;
const unreadMs = process.env.LARGE_BODIES_MB === undefined ? 500 : 4000;
/** Far less than what goes through it: what it keeps of a body is bounded. */
const mostGrowthMiB = 80;
const piece = Buffer.alloc(1_000_000, 'a piece of a body, ');

let pod: Server;
let dir: string;
let baton: Baton;
let envoy: Envoy;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'baton-slow-'));
  pod = createServer(async (received, answer) => {
    if (received.method === 'GET') {
      answer.end('ok');
      return;
    }
    await sleep(unreadMs);
    answer.setHeader('x-received', await digestOf(received));
    answer.setHeader('content-length', bodyBytes);
    await sendBody(answer);
  });
  await new Promise<void>((resolve) => pod.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(pod.address() as AddressInfo).port}`;
  const [port, adminPort, listenerPort, envoyAdminPort] = (await freePorts(4)) as [
    number,
    number,
    number,
    number,
  ];
  const settings = { server: { transport }, gateway: { responses: 'count' }, pool: { endpoints: [address] } };
  baton = new Baton({ name: 'slow', port, adminPort, dir, settings });
  await baton.start();
  envoy = await Envoy.start({
    bin: envoyBin(),
    configuration: gatewayFile('istio').configuration,
    dir,
    listenerPort,
    adminPort: envoyAdminPort,
    schedulers: [baton.address],
    pods: [address],
  });
}, 60_000);
afterAll(async () => {
  await envoy?.stop();
  await baton?.kill();
  pod.closeAllConnections();
  pod.close();
  await rm(dir, { recursive: true, force: true });
});

checkForLeaks();

async function digestOf(received: Readable): Promise<string> {
  const hash: Hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of received) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return `${bytes} ${hash.digest('hex')}`;
}

async function sendBody(side: Writable): Promise<void> {
  for (let sent = 0; sent < bodyBytes; sent += piece.length) {
    if (!side.write(piece)) await once(side, 'drain');
  }
  side.end();
}

const expected = (): string => {
  const hash = createHash('sha256');
  for (let sent = 0; sent < bodyBytes; sent += piece.length) hash.update(piece);
  return `${bodyBytes} ${hash.digest('hex')}`;
};

it('a body and a response that no one reads for a while arrive whole, beside a neighbour, in bounded memory', async () => {
  const pid = baton.process.pid;
  const before = await residentMiB(pid);
  let most = before;
  let isOver = false;
  const statuses: number[] = [];
  const neighbour = (async () => {
    while (!isOver) {
      statuses.push((await sendHttp(`${envoy.url}/v1/models`)).status);
      most = Math.max(most, await residentMiB(pid));
      await sleep(20);
    }
  })();
  const call = request(`${envoy.url}/v1/chat/completions`, {
    agent: false,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': bodyBytes },
  });
  const answered = once(call, 'response');
  await sendBody(call);
  const [response] = await answered;
  await sleep(unreadMs);
  const received = await digestOf(response);
  isOver = true;
  await neighbour;
  expect({ received, sent: response.headers['x-received'] }).toEqual({
    received: expected(),
    sent: expected(),
  });
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(statuses.length).toBeGreaterThan(0);
  expect(most - before).toBeLessThan(mostGrowthMiB);
}, 180_000);
