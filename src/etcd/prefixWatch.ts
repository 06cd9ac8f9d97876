import type { IEvent, Watcher } from 'etcd3';
import type { EtcdClient } from './client.ts';
import { readRange } from './rangeSnapshot.ts';
import type { RecordListener } from './records.ts';
import { type WatchProgress, WatchProgressTracker } from './watchProgress.ts';

export interface PrefixWatchListener extends RecordListener {
  /**
   * Events are late from now on. None is missed by the time of `onResumed` or of the next snapshot.
   */
  onBroken(): void;
  onResumed(): void;
}

type State =
  | { readonly kind: 'reading' }
  | { readonly kind: 'following'; readonly watcher: Watcher; readonly progress: WatchProgressTracker }
  | { readonly kind: 'broken'; readonly watcher: Watcher; readonly progress: WatchProgressTracker }
  | { readonly kind: 'cancelled' };

/**
 * Follows every record of the client's prefix without a gap: reads all at revision R, then watches
 * from R + 1.
 *
 *             snapshot delivered          stream broke
 *   reading ─────────────────────► following ─────────► broken
 *      ▲ ▲                          │     ▲               │ │
 *      │ └──────────────────────────┘     └───────────────┘ │
 *      │     resync, compacted away    stream resumed after │
 *      │                               the last revision    │
 *      └────────────────────────────────────────────────────┘
 *                       compacted away
 *   any ──► cancelled
 *
 * Follows etcd's API documentation, "Watch streams". The revision to resume from is kept here
 * because the client library takes it from response headers, which may run ahead of the events it
 * has delivered.
 */
export class PrefixWatch {
  readonly #client: EtcdClient;
  readonly #listener: PrefixWatchListener;
  readonly #failure = Promise.withResolvers<never>();
  #state: State = { kind: 'reading' };

  /**
   * Resolves once the snapshot is delivered and the watch is accepted.
   *
   * @param ended rejects when the session ends first
   * @throws etcd3's error when the records cannot be read; the reason of `ended`
   */
  static async start(
    client: EtcdClient,
    listener: PrefixWatchListener,
    ended: Promise<never>,
  ): Promise<PrefixWatch> {
    const watch = new PrefixWatch(client, listener);
    try {
      await Promise.race([watch.#read(), ended]);
    } catch (cause) {
      watch.cancel();
      throw cause;
    }
    return watch;
  }

  private constructor(client: EtcdClient, listener: PrefixWatchListener) {
    this.#client = client;
    this.#listener = listener;
    // Callers await `failed`, possibly after it has rejected.
    this.#failure.promise.catch(() => {});
  }

  /** Rejects when the records can no longer be followed; never resolves. */
  get failed(): Promise<never> {
    return this.#failure.promise;
  }

  /** What the watch has delivered; undefined unless it follows. */
  progress(): WatchProgress | undefined {
    return this.#state.kind === 'following' ? this.#state.progress : undefined;
  }

  /** Reads all records again, as after a compaction. In other states that is under way already. */
  resync(): void {
    if (this.#state.kind !== 'following') return;
    closeStream(this.#state.watcher);
    this.#restart(new Error('the view differs from the stored records'));
  }

  cancel(): void {
    if ('watcher' in this.#state) closeStream(this.#state.watcher);
    this.#moveTo({ kind: 'cancelled' });
  }

  /** The only place where the state changes. */
  #moveTo(state: State): void {
    const before = this.#state.kind;
    this.#state = state;
    if (before === 'following' && (state.kind === 'broken' || state.kind === 'reading')) {
      this.#listener.onBroken();
    }
    if (before === 'broken' && state.kind === 'following') this.#listener.onResumed();
  }

  #restart(reason: Error): void {
    this.#moveTo({ kind: 'reading' });
    this.#read().catch((cause) => {
      const message = `cannot read the records again (${reason.message})`;
      this.#failure.reject(new Error(message, { cause }));
    });
  }

  async #read(): Promise<void> {
    const { records, revision } = await readRange(this.#client, {});
    if (this.#state.kind !== 'reading') return;
    const values = new Map<string, Uint8Array>();
    const revisions = new Map<string, number>();
    for (const [key, record] of records) {
      values.set(key, record.value);
      revisions.set(key, record.revision);
    }
    this.#listener.onSnapshot(values);
    await this.#follow(new WatchProgressTracker(revisions, revision));
  }

  /** Resolves when etcd has accepted the watch, or refused it and a new read has begun. */
  #follow(progress: WatchProgressTracker): Promise<void> {
    const accepted = Promise.withResolvers<void>();
    // `watcher()` rather than `create()`: events may arrive in the same turn as the acceptance.
    const watcher = this.#client.keys
      .watch()
      .prefix('')
      .startRevision(String(progress.revision + 1))
      .watcher();
    this.#moveTo({ kind: 'following', watcher, progress });
    const isCurrent = (): boolean => 'watcher' in this.#state && this.#state.watcher === watcher;

    watcher.on('connected', () => {
      accepted.resolve();
      if (isCurrent()) this.#moveTo({ kind: 'following', watcher, progress });
    });
    watcher.on('data', ({ events }) => {
      if (!isCurrent()) return;
      try {
        this.#apply(events, progress);
      } catch (cause) {
        // etcd3 would throw it in a turn of its own, where it ends the process.
        this.#failure.reject(new Error('a record could not be applied', { cause }));
      }
    });
    watcher.on('disconnected', () => {
      watcher.request.start_revision = String(progress.revision + 1);
      if (isCurrent()) this.#moveTo({ kind: 'broken', watcher, progress });
    });
    watcher.on('error', (cause) => {
      accepted.resolve();
      if (isCurrent()) this.#restart(cause);
    });
    return accepted.promise;
  }

  /** @throws what the listener throws */
  #apply(events: readonly IEvent[], progress: WatchProgressTracker): void {
    for (const { type, kv } of events) {
      const key = kv.key.toString();
      const revision = Number(kv.mod_revision);
      if (String(type).toLowerCase() === 'delete') {
        this.#listener.onDelete(key);
        progress.delete(key, revision);
      } else {
        this.#listener.onPut(key, kv.value);
        progress.put(key, revision);
      }
    }
  }
}

/** Rejects only when the connection is already gone, which ends the stream as well. */
function closeStream(watcher: Watcher): void {
  void watcher.cancel().catch(() => {});
}
