import type { EtcdClient } from './client.ts';
import { inSlices } from './inSlices.ts';
import { type KeyRange, type Page, readPages } from './rangeSnapshot.ts';
import type { StoredRecord } from './records.ts';

/** Takes the records of a snapshot as they are read. */
export interface SnapshotReceiver {
  readonly toRead: readonly KeyRange[];
  beginSnapshot(): void;
  /** @returns whether the key is followed from now on */
  put(key: string, record: StoredRecord): boolean;
  /** No further record of this range is of use. */
  isFull(range: KeyRange): boolean;
  /** @param unread how many records of a range were not read */
  finishSnapshot(unread: ReadonlyMap<KeyRange, number>): void;
}

export interface SnapshotPosition {
  readonly revision: number;
  /** key → the revision of its last write, of the keys that are followed */
  readonly revisions: Map<string, number>;
}

/**
 * Reads all records at one revision and passes them on page by page, so that neither their number
 * nor their size matters: what the receiver does not keep is gone with its page.
 *
 * @param isWanted asked after each page
 * @returns undefined: it was wanted no more, and the snapshot has no effect
 * @throws etcd3's error when the records cannot be read
 */
export async function readSnapshot(
  client: EtcdClient,
  receiver: SnapshotReceiver,
  isWanted: () => boolean,
): Promise<SnapshotPosition | undefined> {
  const revisions = new Map<string, number>();
  const unread = new Map<KeyRange, number>();
  let revision = 0;
  const take = function* ({ records }: Page): Iterable<unknown> {
    for (const [key, record] of records) {
      if (receiver.put(key, record)) revisions.set(key, record.revision);
      yield;
    }
  };
  receiver.beginSnapshot();
  for (const range of receiver.toRead) {
    for await (const page of readPages(client, { range, revision })) {
      if (!isWanted()) return undefined;
      revision = page.revision;
      await inSlices(take(page));
      if (!isWanted()) return undefined;
      if (receiver.isFull(range)) {
        unread.set(range, page.remaining);
        break;
      }
    }
  }
  receiver.finishSnapshot(unread);
  return { revision, revisions };
}
