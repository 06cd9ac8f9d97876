import { Contributions, encodeContribution } from '../../../src/ledger/contributions.ts';
import { PeerCounts } from '../../../src/ledger/peerCounts.ts';
import { seededRandom } from '../../support/seededRandom.ts';
import { medianMicros, print } from './time.ts';

/** What a peer's update costs, and what the counts of many peers weigh. */
for (const endpoints of [20, 1_000, 10_000]) {
  const random = seededRandom(1);
  const peers = new PeerCounts({ fadeMs: 1000, nowMs: () => 0 });
  const addresses = Array.from({ length: endpoints }, (_, i) => `10.0.${i >> 8}.${i & 255}:8000`);
  const some = (): Map<string, number> =>
    new Map(addresses.map((address) => [address, 1 + Math.floor(random() * 3)]));

  const before = some();
  const after = new Map(before);
  for (const address of addresses.slice(0, 40)) after.set(address, (before.get(address) ?? 0) + 1);
  let turn = 0;
  const applied = medianMicros(() => peers.set('peer', turn++ % 2 === 0 ? before : after));
  print(`applying a peer's update, ${endpoints} endpoints, 40 changed`, applied, 'µs');

  const contributions = new Contributions({ ownId: 'own', peers, onOwn() {}, onUnreadable() {} });
  const record = encodeContribution(1, after);
  print(
    `reading and applying its record, ${endpoints} endpoints`,
    medianMicros(() => contributions.onPut('peer', record)),
    'µs',
  );
  print(
    `writing it, ${endpoints} endpoints`,
    medianMicros(() => encodeContribution(1, after)),
    'µs',
  );
  print(`the record, ${endpoints} endpoints`, record.length, 'bytes');

  const emptyBytes = usedBytes();
  const crowd = new PeerCounts({ fadeMs: 1000, nowMs: () => 0 });
  for (let peer = 0; peer < 49; peer += 1) crowd.set(`peer-${peer}`, some());
  print(`49 peers with requests on all ${endpoints} endpoints`, (usedBytes() - emptyBytes) / 2 ** 20, 'MiB');
  if (crowd.busy !== 49) throw new Error('the crowd was collected too early');
}

function usedBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
