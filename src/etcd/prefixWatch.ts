import type { Watcher } from 'etcd3';
import type { EtcdClient } from './client.ts';
import type { RecordListener } from './records.ts';
import { type WatchProgress, WatchProgressTracker } from './watchProgress.ts';

export interface PrefixWatch {
  /** Rejects when the records can no longer be followed; never resolves. */
  readonly failed: Promise<never>;
  /** What it has shown; undefined while the stream is broken or the records are being read again. */
  progress(): WatchProgress | undefined;
  /** Gives the stream up and reads everything again, as after a compaction: what was shown may be wrong. */
  resync(): void;
  cancel(): void;
}

export interface PrefixWatchListener extends RecordListener {
  /** The stream broke; what follows is late, but nothing is missed when `onResumed` comes. */
  onBroken(): void;
  onResumed(): void;
}

type RangeResponse = Awaited<ReturnType<ReturnType<EtcdClient['keys']['getAll']>['exec']>>;

/**
 * Follows every record of the client's prefix without a gap: reads all at revision R, then watches from
 * R + 1. A broken stream resumes after the last revision that was seen; when that one is compacted away,
 * everything is read again.
 *
 * Resolves once the snapshot is delivered and the watch is accepted.
 *
 * Follows etcd's API documentation, "Watch streams"; the revision to resume from is kept here because the
 * client library takes it from response headers, which may run ahead of the events it has delivered.
 */
export async function watchPrefix(client: EtcdClient, listener: PrefixWatchListener): Promise<PrefixWatch> {
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  let watcher: Watcher | undefined;
  let shown: WatchProgressTracker | undefined;
  let cancelled = false;

  const begin = async (): Promise<void> => {
    const { records, revisions, revision } = await readAll(client);
    if (cancelled) return;
    listener.onSnapshot(records);
    await follow(new WatchProgressTracker(revisions, revision));
  };

  const beginAgain = (why: Error): void => {
    shown = undefined;
    listener.onBroken();
    begin().catch((again) =>
      failure.reject(new Error('cannot read the records again', { cause: again ?? why })),
    );
  };

  const follow = (showing: WatchProgressTracker): Promise<void> => {
    const connected = Promise.withResolvers<void>();
    let broken = false;
    shown = showing;
    // `watcher()` rather than `create()`: events may arrive in the same turn as the acceptance.
    const current = client.keys
      .watch()
      .prefix('')
      .startRevision(String(showing.revision + 1))
      .watcher();
    watcher = current;
    const isOver = () => cancelled || watcher !== current;
    current.on('connected', () => {
      connected.resolve();
      if (isOver()) return;
      if (broken) listener.onResumed();
      broken = false;
      shown = showing;
    });
    current.on('data', (response) => {
      if (isOver()) return;
      for (const { type, kv } of response.events) {
        const key = kv.key.toString();
        const revision = Number(kv.mod_revision);
        if (String(type).toLowerCase() === 'delete') {
          listener.onDelete(key);
          showing.delete(key, revision);
        } else {
          listener.onPut(key, kv.value);
          showing.put(key, revision);
        }
      }
    });
    current.on('disconnected', () => {
      current.request.start_revision = String(showing.revision + 1);
      if (isOver() || broken) return;
      broken = true;
      shown = undefined;
      listener.onBroken();
    });
    current.on('error', (cause) => {
      connected.resolve();
      if (!isOver()) beginAgain(cause);
    });
    return connected.promise;
  };

  // Rejects only when the connection is already gone, which ends the watch as well.
  const endStream = () => void watcher?.cancel().catch(() => {});

  await begin();
  return {
    failed: failure.promise,
    progress: () => shown,
    resync: () => {
      // While the stream is broken or the records are being read, what is asked for is under way.
      if (cancelled || shown === undefined) return;
      endStream();
      beginAgain(new Error('what was shown was not what is stored'));
    },
    cancel: () => {
      cancelled = true;
      endStream();
    },
  };
}

interface Snapshot {
  readonly records: Map<string, Uint8Array>;
  readonly revisions: Map<string, number>;
  readonly revision: number;
}

async function readAll(client: EtcdClient): Promise<Snapshot> {
  const range: RangeResponse = await client.keys.getAll().exec();
  const records = new Map<string, Uint8Array>();
  const revisions = new Map<string, number>();
  for (const { key, value, mod_revision } of range.kvs) {
    records.set(key.toString(), value);
    revisions.set(key.toString(), Number(mod_revision));
  }
  return { records, revisions, revision: Number(range.header.revision) };
}
