import { setTimeout as sleep } from 'node:timers/promises';
import { collectSnapshot } from '../../src/etcd/records.ts';
import { eventually } from '../../test/support/eventually.ts';
import { defaultCheckIntervalMs, startLedger } from '../../test/support/ledgerInstance.ts';
import { exponential, seededRandom } from '../../tools/simulator/seededRandom.ts';
import { type BalanceEnvironment, startInstances } from './environment.ts';
import { Replay } from './replay.ts';
import { traceText } from './requests.ts';
import { quantile } from './statistics.ts';

/** The time from a reservation at one instance until another counts it. */
export interface CrossCheck {
  readonly instances: number;
  readonly reservations: number;
  /** Those that were never counted. */
  readonly missed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
  /**
   * The part from the write on, as the reserving ledger measured it: without the wait for the
   * write.
   */
  readonly fromWriteMs: { readonly p50: number; readonly p99: number };
}

/** Reservations per second at the observed one; with the releases twice as many changes. */
const reservationsPerSecond = 25;
const heldMs = 400;
/** Where Baton keeps the pool named `default`. */
const prefix = '/baton/v1/default/';

/**
 * The age of a view measured on one clock, without relying on what an instance reports: two ledgers
 * of the product in this process join real instances under load, on the same etcd; one reserves,
 * and the time at which the count of the other changes is recorded. That includes the wait for the
 * write interval, which the figure of an instance does not.
 */
export async function crossCheck(
  world: BalanceEnvironment,
  instances: number,
  seconds: number,
): Promise<CrossCheck> {
  const { kit, dir, load, warmSeconds } = world;
  const topology = await startInstances(world, instances, 'on');
  const etcdUrl = topology.etcd?.endpoint as string;
  const pending = new Map<string, number>();
  const agesMs: number[] = [];
  const note = () => {
    const nowMs = performance.now();
    for (const [address, reservedMs] of pending) {
      if (reader.ledger.inFlight(address) === 0) continue;
      pending.delete(address);
      agesMs.push(nowMs - reservedMs);
    }
  };
  const noted = { beginSnapshot: () => collectSnapshot(note), onPut: note, onDelete: note };
  const writer = startLedger('writer', etcdUrl, { prefix, checkIntervalMs: defaultCheckIntervalMs });
  const reader = startLedger('reader', etcdUrl, {
    prefix,
    checkIntervalMs: defaultCheckIntervalMs,
    alsoTo: noted,
  });
  let replay: Replay | undefined;
  try {
    const joined = () => [writer, reader].every(({ store }) => store.state.kind === 'joined');
    await eventually(joined);
    const trace = traceText(load, warmSeconds + seconds, 1);
    replay = await Replay.start({ kit, dir, url: topology.chatUrl, trace });
    await sleep(warmSeconds * 1000);

    const random = seededRandom(1);
    const endMs = performance.now() + seconds * 1000;
    let reservations = 0;
    while (performance.now() < endMs) {
      await sleep(exponential(1000 / reservationsPerSecond, random));
      reservations += 1;
      const address = `seen-${reservations}:1`;
      pending.set(address, performance.now());
      const reservation = writer.ledger.reserve(address);
      setTimeout(() => reservation.release(), heldMs);
    }
    await sleep(heldMs);
    return {
      instances,
      reservations,
      missed: pending.size,
      p50Ms: quantile(agesMs, 0.5),
      p99Ms: quantile(agesMs, 0.99),
      mostMs: Math.max(...agesMs),
      fromWriteMs: writer.ledger.syncLagMs() ?? { p50: Number.NaN, p99: Number.NaN },
    };
  } finally {
    await replay?.process.kill();
    await Promise.all([writer.stop(), reader.stop()]);
    await topology.stop();
  }
}
