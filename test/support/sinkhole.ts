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

export const sinkholePace = { kind: 'open', requestsPerSecond: 100 } as const;

/** One of the pods fails fast under an open loop of requests, for eleven seconds. */
export async function sinkhole(
  topology: Topology,
  pod: Pod,
  fault: { readonly kind: string },
  headers: Readonly<Record<string, string>> = {},
): Promise<SinkholeReport> {
  const load = new SseLoad({ url: topology.chatUrl, pace: sinkholePace, headers });
  const running = load.start();
  try {
    await sleep(3_000);
    const before = load.report();
    await setFault(pod, fault);
    await sleep(1_000);
    const early = load.report();
    await sleep(10_000);
    const late = load.report();
    await setFault(pod, { kind: 'none' });
    const endedMs = performance.now();
    await eventually(() => servesAgain(topology, pod), { timeoutMs: 30_000 });
    const backAfterMs = Math.round(performance.now() - endedMs);
    return { firstSecond: between(before, early), later: between(early, late), backAfterMs };
  } finally {
    await load.stop();
    await running;
  }
}

async function servesAgain({ instances }: Topology, pod: Pod): Promise<void> {
  for (const instance of instances) {
    const { pool } = await instance.state();
    expect(pool.find(({ address }) => address === pod.address)).toMatchObject({ quarantine: null });
  }
  expect((await pod.state()).running).toBeGreaterThan(0);
}

function between(earlier: SseReport, later: SseReport): { sent: number; lost: number } {
  return {
    sent: later.sent - earlier.sent,
    lost: later.failed + later.cut - earlier.failed - earlier.cut,
  };
}
