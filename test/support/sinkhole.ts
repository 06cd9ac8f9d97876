import { setTimeout as sleep } from 'node:timers/promises';
import type { Pod } from '../../tools/testbed/pod.ts';
import type { SseReport } from '../../tools/testbed/sseCounter.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import type { Topology } from '../../tools/testbed/topology.ts';
import { eventually } from './eventually.ts';
import { setFault } from './podFault.ts';

export interface SinkholeReport {
  readonly firstSecond: { readonly sent: number; readonly lost: number };
  /** Of the ten seconds after it. */
  readonly later: { readonly sent: number; readonly lost: number };
  /** From the end of the fault until every instance trusts the pod and it serves. */
  readonly backAfterMs: number;
}

export interface Sinkhole {
  readonly fault: { readonly kind: string; readonly status?: number };
  readonly headers?: Readonly<Record<string, string>>;
}

const pace = { kind: 'open', requestsPerSecond: 100 } as const;
/** So many of each pod show how long answers usually take. */
const warmUpAnswers = 20;

/** One of the pods fails fast under an open loop of requests, for eleven seconds. */
export async function sinkhole(
  topology: Topology,
  pod: Pod,
  { fault, headers = {} }: Sinkhole,
): Promise<SinkholeReport> {
  // One load for each phase: a client may learn after it that its request was lost.
  const begun: SseLoad[] = [];
  const begin = (): SseLoad => {
    const load = new SseLoad({ url: topology.chatUrl, pace, headers });
    void begun.at(-1)?.stop();
    begun.push(load);
    void load.start();
    return load;
  };
  try {
    const before = begin();
    await eventually(() => answeredByAll(topology, before.report()), { timeoutMs: 30_000 });
    const firstSecond = begin();
    await setFault(pod, fault);
    await sleep(1_000);
    const later = begin();
    await sleep(10_000);
    begin();
    await setFault(pod, { kind: 'none' });
    const endedMs = performance.now();
    await eventually(() => servesAgain(topology, pod), { timeoutMs: 30_000 });
    const backAfterMs = Math.round(performance.now() - endedMs);
    return {
      firstSecond: lossesOf(await firstSecond.stop()),
      later: lossesOf(await later.stop()),
      backAfterMs,
    };
  } finally {
    await setFault(pod, { kind: 'none' });
    await Promise.all(begun.map((load) => load.stop()));
  }
}

function answeredByAll({ pods }: Topology, { byPod }: SseReport): void {
  for (const { id } of pods) expect(byPod[id]).toBeGreaterThanOrEqual(warmUpAnswers);
}

async function servesAgain({ instances }: Topology, pod: Pod): Promise<void> {
  for (const instance of instances) {
    const { pool } = await instance.state();
    expect(pool.find(({ address }) => address === pod.address)).toMatchObject({ quarantine: null });
  }
  expect((await pod.state()).running).toBeGreaterThan(0);
}

function lossesOf({ sent, failed, cut }: SseReport): { sent: number; lost: number } {
  return { sent, lost: failed + cut };
}
