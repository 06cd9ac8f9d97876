import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { checkHealth } from '../../src/proto/healthClient.ts';
import { ExtProcClient } from '../testbed/extProcClient.ts';
import { httpGet } from '../testbed/httpGet.ts';
import { openDescriptors, residentMiB } from '../testbed/processFigures.ts';
import { until } from '../testbed/until.ts';
import type { Attack } from './attack.ts';
import type { AttackThread } from './attackThread.ts';
import type { MeasuredAttack } from './measuredAttack.ts';
import { Neighbour } from './neighbour.ts';
import { longestStall } from './stalls.ts';
import type { AttackStage } from './target.ts';
import { fixture, fixtureName } from './tlsFixture.ts';
import { ownDescriptors } from './verdict.ts';

export interface AttackOptions {
  readonly seconds: number;
  readonly size: number;
}

const sampleMs = 100;
/** Connections that the instance ends itself, and those that the kernel tells it of. */
const returnMs = 30_000;
/** A slow answer is no failure here: the neighbour measures latency. */
const answerMs = 10_000;
/** For its caches and pools to shrink again. */
const settleMs = 1_500;

/** @throws Error when the neighbour is not served before the attack */
export async function measureAttack(
  { name, group, settings }: Attack,
  stage: AttackStage,
  thread: AttackThread,
  { seconds, size }: AttackOptions,
): Promise<MeasuredAttack> {
  const { process } = stage.baton;
  const { pid } = process;
  const tls = settings?.server?.tls === undefined ? undefined : await readFile(fixture('ca.pem'));
  const { address } = stage.target;
  const neighbour = await Neighbour.start(
    tls === undefined
      ? new ExtProcClient(address)
      : new ExtProcClient(address, credentials.createSsl(tls), fixtureName),
  );
  const before = { memory: await residentMiB(pid), descriptors: await openDescriptors(pid) };
  neighbour.reset();
  const sinceUnixMs = Date.now();
  await thread.start({ name, target: stage.target, size });
  let most = before.memory;
  const endMs = performance.now() + seconds * 1_000;
  while (process.running && performance.now() < endMs) {
    await sleep(Math.min(sampleMs, seconds * 1_000));
    most = Math.max(most, await residentMiB(pid).catch(() => 0));
  }
  const problem = (await problemOfHealth(address, tls)) || (await problemOfAdmin(stage.baton.adminUrl));
  const attacker = await thread.stop();
  const descriptorsAfter = await descriptorsReturned(pid, before.descriptors);
  const report = await neighbour.stop();
  await sleep(seconds < 1 ? 0 : settleMs);
  const isAlive = process.running;
  return {
    name,
    group,
    neighbour: report,
    attacker,
    stall: await longestStall(stage.monitorFile, sinceUnixMs),
    memory: { before: before.memory, most, after: await residentMiB(pid).catch(() => 0) },
    descriptors: { before: before.descriptors, after: descriptorsAfter },
    broken: isAlive ? problem : 'the process ended',
  };
}

/** The number when it is at most what it was, or after the time that it may take. */
async function descriptorsReturned(pid: number, before: number): Promise<number> {
  const read = (): Promise<number> => openDescriptors(pid).catch(() => 0);
  const back = async (): Promise<number | undefined> => {
    const now = await read();
    return now <= before + ownDescriptors ? now : undefined;
  };
  return until(back, { what: 'its descriptors', timeoutMs: returnMs }).catch(read);
}

/** What Envoy asks: whether it may send requests. */
async function problemOfHealth(address: string, ca: Buffer | undefined): Promise<string> {
  const health = await checkHealth({
    address,
    service: '',
    timeoutMs: answerMs,
    ...(ca && { ca, serverName: fixtureName }),
  });
  if (health.kind === 'unreachable') return `its health check failed: ${health.reason}`;
  return health.status === 'SERVING' ? '' : `its health is ${health.status}`;
}

async function problemOfAdmin(adminUrl: string): Promise<string> {
  for (const path of ['/readyz', '/state', '/metrics']) {
    const answer = await httpGet(`${adminUrl}${path}`, answerMs).catch((error: Error) => error);
    if (answer instanceof Error) return `${path}: ${answer.message}`;
    if (answer.status !== 200) return `${path} answered ${answer.status}: ${answer.body.slice(0, 200)}`;
  }
  return '';
}
