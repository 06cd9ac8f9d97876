import type { RecordChange } from '../../src/etcd/records.ts';
import { encodeLoads } from '../../src/ledger/loadRecord.ts';
import { LoadRecords } from '../../src/ledger/loadRecords.ts';
import { LoadReports } from '../../src/ledger/loadReports.ts';
import { LocalCounts } from '../../src/ledger/localCounts.ts';
import { PeerCounts } from '../../src/ledger/peerCounts.ts';
import type { Reservation } from '../../src/scheduling/reservation.ts';
import { seededRandom } from '../../test/support/seededRandom.ts';
import { medianMicros, print } from './time.ts';

/**
 * The cost of a publication for its writer and each reader, and the memory of the counts of many
 * peers.
 */
for (const endpoints of [20, 1_000, 10_000]) {
  const addresses = Array.from({ length: endpoints }, (_, i) => `10.0.${i >> 8}.${i & 255}:8000`);
  const emptyBytes = usedBytes();
  const crowd = new PeerCounts({ staleDecayMs: 1000, nowMs: () => 0 });
  const everybody = new LoadReports({ localId: 'own', peers: crowd, onLocal() {}, onUnreadable() {} });
  for (let peer = 0; peer < 49; peer += 1) {
    for (const changes of writerOn(addresses).publishAll()) apply(everybody, `peer-${peer}`, changes);
  }
  print(`49 peers with requests on all ${endpoints} endpoints`, (usedBytes() - emptyBytes) / 2 ** 20, 'MiB');
  if (crowd.busy() !== 49) throw new Error('the crowd was collected too early');

  for (const changed of [40, 200]) {
    const writer = writerOn(addresses);
    const peers = new PeerCounts({ staleDecayMs: 1000, nowMs: () => 0 });
    const reader = new LoadReports({ localId: 'own', peers, onLocal() {}, onUnreadable() {} });
    for (const changes of writer.publishAll()) apply(reader, 'peer', changes);

    const publications = Array.from({ length: 1_000 }, () => writer.publishSome(changed));
    const which = `${endpoints} endpoints, ${changed} changed`;
    let turn = 0;
    const applying = medianMicros(() => apply(reader, 'peer', publications[turn++ % 1_000] ?? []));
    print(`applying a peer's publication, ${which}`, applying, 'µs');
    print(
      `making it, ${which}`,
      medianMicros(() => writer.publishSome(changed)),
      'µs',
    );
    print('its records', mean(publications.map((changes) => changes.length)), '');
    print('its bytes', mean(publications.map(bytesOf)), 'bytes');
  }

  const peers = new PeerCounts({ staleDecayMs: 1000, nowMs: () => 0 });
  const reader = new LoadReports({ localId: 'own', peers, onLocal() {}, onUnreadable() {} });
  let turn = 0;
  const versions = [1, 2].map((count) =>
    encodeLoads(1, new Map(addresses.map((key, i) => [key, i % 250 ? 1 : count]))),
  );
  const whole = medianMicros(() => reader.onPut('peer', versions[turn++ % 2] ?? new Uint8Array()));
  print(`applying one record of all ${endpoints}, 40 changed`, whole, 'µs');
}

/** An instance with two requests on every endpoint. */
function writerOn(addresses: readonly string[]) {
  const random = seededRandom(1);
  const own: LocalCounts = new LocalCounts((address) => records.changed(address));
  const records: LoadRecords = new LoadRecords({ localId: 'peer', counts: own.counts });
  const held: Reservation[] = [...addresses, ...addresses].map((address) => own.reserve(address));
  const next = (): readonly RecordChange[] => records.next(0).changes;
  return {
    *publishAll(): Generator<readonly RecordChange[]> {
      do yield next();
      while (records.hasMore);
    },
    /** Half of the changes are ended requests, half are new ones. */
    publishSome(changed: number): readonly RecordChange[] {
      for (let i = 0; i < changed / 2; i += 1) {
        const place = Math.floor(random() * held.length);
        held[place]?.release();
        held[place] = own.reserve(addresses[Math.floor(random() * addresses.length)] ?? '');
      }
      return next();
    },
  };
}

function apply(reader: LoadReports, peer: string, changes: readonly RecordChange[]): void {
  for (const change of changes) {
    if (change.kind === 'delete all') continue;
    const key = peer + change.key.slice('load/peer'.length);
    if (change.kind === 'put') reader.onPut(key, change.value);
    else reader.onDelete(key);
  }
}

/**
 * As etcd sends them to each watcher: keys, values, and some thirty bytes of revisions and lease
 * for each.
 */
function bytesOf(changes: readonly RecordChange[]): number {
  const perEvent = 30;
  return changes.reduce((sum, change) => {
    if (change.kind === 'delete all') return sum;
    return sum + perEvent + change.key.length + (change.kind === 'put' ? change.value.length : 0);
  }, 0);
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function usedBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
