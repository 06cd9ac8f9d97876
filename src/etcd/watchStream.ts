import type { ClientDuplexStream } from '@grpc/grpc-js';
import { castGrpcError, castGrpcErrorMessage, type IEvent, type IResponseHeader } from 'etcd3';
import type { Member } from './member.ts';
import type { MemberConnection } from './memberConnection.ts';
import type { MemberPool } from './memberPool.ts';

/** Why a watch has ended. */
export type WatchEnd =
  /** It may go on at another member, or at this one again. */
  | { readonly kind: 'broken'; readonly cause: unknown }
  /** etcd no longer has the revision that the watch began at. */
  | { readonly kind: 'compacted'; readonly cause: Error }
  | { readonly kind: 'refused'; readonly cause: Error };

export interface WatchStreamOptions {
  readonly pool: MemberPool;
  /** One key, without `range_end`, or all from `key` to it. */
  readonly range: { readonly key: Buffer; readonly range_end?: Buffer };
  readonly startRevision: number;
  readonly onCreated: (header: IResponseHeader) => void;
  readonly onEvents: (events: readonly IEvent[]) => void;
  /** Called once, unless the watch is cancelled. */
  readonly onEnded: (end: WatchEnd) => void;
}

interface WatchResponse {
  readonly header: IResponseHeader;
  readonly watch_id: string;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly cancel_reason: string;
  readonly compact_revision: string;
  /** More of the same response follows. */
  readonly fragment: boolean;
  readonly events: readonly IEvent[];
}

type State =
  | { readonly kind: 'opening' }
  | { readonly kind: 'open'; readonly end: () => void }
  | { readonly kind: 'ended' };

/**
 * One watch on one member, from its creation to its end. It is not resumed here. An exception in a
 * listener ends the watch, never the process.
 */
export class WatchStream {
  readonly #options: WatchStreamOptions;
  #state: State = { kind: 'opening' };
  /** Of a revision whose other events are still to come. */
  #held: readonly IEvent[] = [];

  constructor(options: WatchStreamOptions) {
    this.#options = options;
    this.#open().catch((cause) => this.#end({ kind: 'broken', cause }));
  }

  /** Calls no listener afterwards. */
  cancel(): void {
    const state = this.#state;
    this.#state = { kind: 'ended' };
    if (state.kind === 'open') state.end();
  }

  async #open(): Promise<void> {
    const { pool, range, startRevision } = this.#options;
    const member = pool.ranked[0];
    if (member === undefined) throw new Error('no etcd endpoint is given');
    const { stream, connection } = await member.duplex<object, WatchResponse>('Watch', 'watch', {
      timeoutMs: pool.requestTimeoutMs,
    });
    if (this.#state.kind === 'ended') {
      stream.on('error', () => {});
      stream.cancel();
      return;
    }
    this.#follow(stream, member, connection);
    // Without fragments, all that was written during a break may come in one message.
    const options = { start_revision: startRevision, progress_notify: true, fragment: true };
    stream.write({ create_request: { ...range, ...options } });
  }

  #follow(
    stream: ClientDuplexStream<object, WatchResponse>,
    member: Member,
    connection: MemberConnection,
  ): void {
    const { pool } = this.#options;
    const startedAtMs = performance.now();
    const breakOff = (cause: unknown): void => {
      if (this.#state.kind === 'ended') return;
      member.onError(cause, connection, startedAtMs);
      this.#end({ kind: 'broken', cause });
    };
    const creation = setTimeout(
      () => breakOff(castGrpcErrorMessage('etcd has not created the watch in time')),
      pool.requestTimeoutMs,
    );
    const onClosed = (): void => breakOff(connection.closed.reason);
    connection.closed.addEventListener('abort', onClosed, { once: true });
    const end = (): void => {
      clearTimeout(creation);
      connection.closed.removeEventListener('abort', onClosed);
      stream.cancel();
    };
    this.#state = { kind: 'open', end };
    pool.followed = member;
    stream.on('error', (error: Error) => breakOff(castGrpcError(error)));
    stream.on('end', () => breakOff(new Error('etcd ended the stream of the watch')));
    let watchId: string | undefined;
    stream.on('data', (response: WatchResponse) => {
      if (this.#state.kind === 'ended') return;
      try {
        if (response.created) {
          clearTimeout(creation);
          watchId = response.watch_id;
        }
        if (response.canceled) connection.forgetTokenIfStale(response.cancel_reason);
        this.#onResponse(response, watchId);
      } catch (cause) {
        // What else comes on this stream cannot be trusted.
        this.#end({ kind: 'broken', cause });
      }
    });
  }

  #onResponse(response: WatchResponse, watchId: string | undefined): void {
    const { onCreated } = this.#options;
    if (!response.canceled && response.watch_id !== watchId) {
      throw new Error(`etcd sent events of watch ${response.watch_id}, which was not created`);
    }
    if (response.canceled) {
      const reason = response.cancel_reason || `compacted to revision ${response.compact_revision}`;
      const cause = castGrpcErrorMessage(`etcd cancelled the watch: ${reason}`);
      this.#end({ kind: Number(response.compact_revision) > 0 ? 'compacted' : 'refused', cause });
    } else if (response.created) onCreated(response.header);
    else if (response.events.length > 0) this.#onEvents(response);
  }

  /** A revision is passed on as a whole: a watch is resumed after the last one that was. */
  #onEvents({ events, fragment }: WatchResponse): void {
    const all = this.#held.length === 0 ? events : [...this.#held, ...events];
    const last = all.at(-1)?.kv.mod_revision;
    const whole = fragment ? all.findIndex(({ kv }) => kv.mod_revision === last) : all.length;
    this.#held = all.slice(whole);
    if (whole > 0) this.#options.onEvents(all.slice(0, whole));
  }

  #end(end: WatchEnd): void {
    if (this.#state.kind === 'ended') return;
    this.cancel();
    this.#options.onEnded(end);
  }
}
