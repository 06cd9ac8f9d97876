import type { Watcher } from 'etcd3';
import type { EtcdClient } from './client.ts';
import type { RecordListener } from './records.ts';

export interface PrefixWatch {
  /** Rejects when the records can no longer be followed; never resolves. */
  readonly failed: Promise<never>;
  cancel(): void;
}

export interface PrefixWatchListener extends RecordListener {
  /** The stream broke; what follows is late, but nothing is missed when `onResumed` comes. */
  onBroken(): void;
  onResumed(): void;
}

type Range = Awaited<ReturnType<ReturnType<EtcdClient['keys']['getAll']>['exec']>>;

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
  let cancelled = false;

  const begin = async (): Promise<void> => {
    const { records, revision } = await readAll(client);
    if (cancelled) return;
    listener.onSnapshot(records);
    await follow(revision);
  };

  const follow = (revision: number): Promise<void> => {
    const connected = Promise.withResolvers<void>();
    let last = revision;
    let broken = false;
    // `watcher()` rather than `create()`: events may arrive in the same turn as the acceptance.
    const current = client.keys
      .watch()
      .prefix('')
      .startRevision(String(revision + 1))
      .watcher();
    watcher = current;
    current.on('connected', () => {
      if (broken) listener.onResumed();
      broken = false;
      connected.resolve();
    });
    current.on('data', (response) => {
      if (cancelled) return;
      for (const { type, kv } of response.events) {
        const key = kv.key.toString();
        if (String(type).toLowerCase() === 'delete') listener.onDelete(key);
        else listener.onPut(key, kv.value);
        last = Math.max(last, Number(kv.mod_revision));
      }
    });
    current.on('disconnected', () => {
      current.request.start_revision = String(last + 1);
      if (cancelled || broken) return;
      broken = true;
      listener.onBroken();
    });
    current.on('error', (cause) => {
      connected.resolve();
      if (cancelled) return;
      listener.onBroken();
      begin().catch((again) =>
        failure.reject(new Error('cannot read the records again', { cause: again ?? cause })),
      );
    });
    return connected.promise;
  };

  await begin();
  return {
    failed: failure.promise,
    cancel: () => {
      cancelled = true;
      // Rejects only when the connection is already gone, which ends the watch as well.
      watcher?.cancel().catch(() => {});
    },
  };
}

async function readAll(client: EtcdClient): Promise<{ records: Map<string, Uint8Array>; revision: number }> {
  const range: Range = await client.keys.getAll().exec();
  const records = new Map<string, Uint8Array>();
  for (const { key, value } of range.kvs) records.set(key.toString(), value);
  return { records, revision: Number(range.header.revision) };
}
