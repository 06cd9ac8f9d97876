import { setTimeout as sleep } from 'node:timers/promises';
import type { Reservation } from '../../src/scheduling/reservation.ts';
import {
  defaultCheckIntervalMs,
  type LedgerInstance,
  startLedger,
} from '../../test/support/ledgerInstance.ts';
import { seededRandom } from '../../test/support/seededRandom.ts';
import { until } from '../../tools/testbed/until.ts';
import { addressesOf } from './addresses.ts';
import { TimedStore } from './timedStore.ts';

/**
 * Some of the instances in one process, controlled by its parent: 'load' starts requests, 'measure'
 * resets the counters, 'report' returns them, 'leave' ends.
 */
export interface SyncWorkerOptions {
  readonly etcdUrl: string;
  readonly names: readonly string[];
  readonly endpoints: number;
  /** Requests in flight on each of the endpoints, at each instance, on average. */
  readonly busy: number;
  /** New requests per second at each instance; as many end. */
  readonly rate: number;
  readonly writesPerSecond: number;
}

export interface WorkerReport {
  readonly instances: number;
  readonly writes: number;
  readonly events: number;
  readonly publications: number;
  readonly applyMs: readonly number[];
  readonly lagMs: readonly { readonly p50: number; readonly p99: number }[];
  readonly cpuMs: number;
  readonly memory: Readonly<Record<'rss' | 'heapUsed' | 'external', number>>;
  readonly rejoins: number;
}

interface Member extends LedgerInstance {
  readonly store: TimedStore;
  readonly held: Reservation[];
}

const tickMs = 20;
const begunPerTick = 20;
const { etcdUrl, names, endpoints, busy, rate, writesPerSecond } = JSON.parse(
  process.argv[2] ?? '',
) as SyncWorkerOptions;
const random = seededRandom(process.pid);
const addresses = addressesOf(endpoints);
let rejoins = 0;
let cpuAtStart = process.cpuUsage();
let writesAtStart = 0;
let isOver = false;

// The harness is slower than a fleet: fifty instances have two processors.
const members = names.map((name): Member => {
  let store: TimedStore | undefined;
  let hasJoined = false;
  const instance = startLedger(name, etcdUrl, {
    writesPerSecond,
    leaseTtlSeconds: 60,
    requestTimeoutMs: 20_000,
    checkIntervalMs: defaultCheckIntervalMs,
    // Only after the first join: the first state is `joined`.
    onState: (state) => {
      if (hasJoined) rejoins += 1;
      hasJoined ||= state.kind === 'joined';
    },
    storeOf: (options) => {
      store = new TimedStore(options);
      return store;
    },
  });
  if (store === undefined) throw new Error('no store');
  return { ...instance, store, held: [] };
});

function pick({ ledger, held }: Member): void {
  held.push(ledger.reserve(addresses[Math.floor(random() * endpoints)] ?? ''));
}

function finish({ held }: Member): void {
  const place = Math.floor(random() * held.length);
  held[place]?.release();
  held[place] = held.at(-1) as Reservation;
  held.pop();
}

async function load(): Promise<void> {
  // Gradually, as in a fleet.
  for (let begun = 0; begun < endpoints * busy && !isOver; begun += begunPerTick) {
    await sleep(tickMs);
    for (const member of members) for (let i = 0; i < begunPerTick; i += 1) pick(member);
  }
  process.send?.('loaded');
  let due = 0;
  let lastMs = performance.now();
  while (!isOver) {
    await sleep(tickMs);
    const nowMs = performance.now();
    due += (rate * (nowMs - lastMs)) / 1000;
    lastMs = nowMs;
    for (; due >= 1; due -= 1) {
      for (const member of members) {
        finish(member);
        pick(member);
      }
    }
  }
}

function sum(of: (member: Member) => number): number {
  return members.reduce((total, member) => total + of(member), 0);
}

function report(): WorkerReport {
  const { user, system } = process.cpuUsage(cpuAtStart);
  return {
    instances: members.length,
    writes: sum(({ writes }) => writes()) - writesAtStart,
    events: sum(({ store }) => store.events),
    publications: sum(({ store }) => store.publications),
    applyMs: members.flatMap(({ store }) => store.applyMs),
    lagMs: members.flatMap(({ ledger }) => ledger.syncLagMs() ?? []),
    cpuMs: (user + system) / 1000,
    memory: process.memoryUsage(),
    rejoins,
  };
}

process.on('message', (message) => {
  if (message === 'load') void load();
  else if (message === 'measure') {
    for (const { store } of members) store.reset();
    cpuAtStart = process.cpuUsage();
    writesAtStart = sum(({ writes }) => writes());
    rejoins = 0;
  } else if (message === 'report') process.send?.(report());
  else if (message === 'stop') isOver = true;
  else if (message === 'leave') {
    isOver = true;
    void Promise.all(members.map(({ stop }) => stop())).then(() => process.exit(0));
  }
});
// Without its parent, no process would end it.
process.on('disconnect', () => process.exit(1));

for (const { store } of members) {
  await until(() => store.state.kind === 'joined', { what: 'an instance to join', timeoutMs: 60_000 });
}
process.send?.('joined');
