import { setTimeout as sleep } from 'node:timers/promises';
import type { IEvent, IResponseHeader } from 'etcd3';
import type { EtcdClient } from './client.ts';
import { type KeyRange, keysOf, usableName } from './rangeSnapshot.ts';
import { readSnapshot, type SnapshotReceiver } from './readSnapshot.ts';
import { StoreIdentity } from './storeIdentity.ts';
import { type WatchProgress, WatchProgressTracker } from './watchProgress.ts';
import { type WatchEnd, WatchStream } from './watchStream.ts';

/** Nothing but `put` is called from `beginSnapshot` to `finishSnapshot`. */
export interface PrefixWatchListener extends SnapshotReceiver {
  delete(key: string): void;
  /** The ranges of `toRead` whose stored keys are all followed. */
  readonly complete: readonly KeyRange[];
  /** Keys that were left out may be followed, if all is read again. */
  readonly isWorthReading: boolean;
  /**
   * Events are late from now on. None is missed by the time of `onResumed` or of the next snapshot.
   */
  onBroken(): void;
  onResumed(): void;
}

/** The wait before a broken stream is resumed doubles from the first to the last of these. */
const firstBackoffMs = 20;
const lastBackoffMs = 1_000;
/** The wait before all is read again because there is room for keys that were left out. */
const resyncDelayMs = 10_000;

type State =
  | { readonly kind: 'reading' }
  | { readonly kind: 'following'; readonly stream: WatchStream; readonly progress: WatchProgressTracker }
  | { readonly kind: 'broken'; readonly stream: WatchStream; readonly progress: WatchProgressTracker }
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
 * Follows etcd's API documentation, "Watch streams". The revision to resume from is that of the
 * last event, not that of a response's header, which may run ahead of the events. A stream is
 * resumed at the member that answers best then.
 */
export class PrefixWatch {
  readonly #client: EtcdClient;
  readonly #listener: PrefixWatchListener;
  readonly #failure = Promise.withResolvers<never>();
  readonly #identity: StoreIdentity;
  readonly #accepted = Promise.withResolvers<void>();
  readonly #cancelling = new AbortController();
  #backoffMs = firstBackoffMs;
  #state: State = { kind: 'reading' };
  #resyncTimer: NodeJS.Timeout | undefined;

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
      await Promise.race([watch.#accepted.promise, watch.failed, ended]);
    } catch (cause) {
      watch.cancel();
      throw cause;
    }
    return watch;
  }

  private constructor(client: EtcdClient, listener: PrefixWatchListener) {
    this.#client = client;
    this.#listener = listener;
    this.#identity = new StoreIdentity(client);
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
    this.#state.stream.cancel();
    this.#restart(new Error('the view differs from the stored records'));
  }

  cancel(): void {
    if ('stream' in this.#state) this.#state.stream.cancel();
    clearTimeout(this.#resyncTimer);
    this.#cancelling.abort();
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
    const position = await readSnapshot(this.#client, this.#listener, () => this.#state.kind === 'reading');
    if (position === undefined || this.#state.kind !== 'reading') return;
    const { revisions, revision } = position;
    this.#follow(new WatchProgressTracker(revisions, revision, this.#listener), 'following');
  }

  #follow(progress: WatchProgressTracker, kind: 'following' | 'broken'): void {
    const stream: WatchStream = new WatchStream({
      pool: this.#client.members,
      range: keysOf(this.#client, this.#watched),
      startRevision: progress.revision + 1,
      onCreated: (header) => this.#onCreated(header, stream, progress),
      onEvents: (events) => this.#onEvents(events, progress),
      onEnded: (ended) => this.#onEnded(ended, stream, progress),
    });
    this.#moveTo({ kind, stream, progress });
  }

  #onCreated(header: IResponseHeader, stream: WatchStream, progress: WatchProgressTracker): void {
    this.#backoffMs = firstBackoffMs;
    this.#accepted.resolve();
    this.#moveTo({ kind: 'following', stream, progress });
    this.#identity.verify(header, progress.revision).catch((cause) => this.#failure.reject(cause));
  }

  #onEvents(events: readonly IEvent[], progress: WatchProgressTracker): void {
    try {
      this.#apply(events, progress);
    } catch (cause) {
      this.#failure.reject(new Error('a record could not be applied', { cause }));
    }
  }

  /** @throws what the listener throws */
  #apply(events: readonly IEvent[], progress: WatchProgressTracker): void {
    const prefixLength = this.#client.keys.prefix.length;
    for (const { type, kv } of events) {
      const key = usableName(kv.key, prefixLength);
      const revision = Number(kv.mod_revision);
      if (key === undefined) progress.reached(revision);
      else if (String(type).toLowerCase() === 'delete') {
        this.#listener.delete(key);
        progress.delete(key, revision);
      } else {
        const isFollowed = this.#listener.put(key, { revision, leaseId: kv.lease, value: kv.value });
        if (isFollowed) progress.put(key, revision);
        else progress.reached(revision);
      }
    }
    if (this.#listener.isWorthReading) this.#resyncLater();
  }

  #resyncLater(): void {
    this.#resyncTimer ??= setTimeout(() => {
      this.#resyncTimer = undefined;
      if (this.#listener.isWorthReading) this.resync();
    }, resyncDelayMs);
  }

  /** One range, of all that is read: etcd's watch takes only one. */
  get #watched(): KeyRange {
    const [first, ...others] = this.#listener.toRead;
    return first?.isOneKey && others.length === 0 ? first : { prefix: '' };
  }

  #onEnded(ended: WatchEnd, stream: WatchStream, progress: WatchProgressTracker): void {
    switch (ended.kind) {
      case 'compacted':
        this.#restart(ended.cause);
        break;
      case 'refused':
        this.#failure.reject(ended.cause);
        break;
      case 'broken':
        this.#moveTo({ kind: 'broken', stream, progress });
        void this.#resume(progress);
        break;
      default:
        ended satisfies never;
    }
  }

  async #resume(progress: WatchProgressTracker): Promise<void> {
    const backoffMs = this.#backoffMs;
    this.#backoffMs = Math.min(lastBackoffMs, backoffMs * 2);
    // A cancellation only ends the wait early.
    await sleep(backoffMs, undefined, { signal: this.#cancelling.signal }).catch(() => {});
    if (this.#state.kind === 'broken' && this.#state.progress === progress) this.#follow(progress, 'broken');
  }
}
