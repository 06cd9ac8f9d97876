import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type EtcdClient, type EtcdOptions } from './client.ts';
import { describeError } from './describeError.ts';
import { refusesWrites } from './failureKind.ts';
import { type HeldLease, holdLease } from './heldLease.ts';
import { PrefixWatch } from './prefixWatch.ts';
import { type RangeOptions, type RangeSnapshot, readRanges } from './rangeSnapshot.ts';
import { RecordRouter } from './recordRouter.ts';
import type { RecordChange } from './records.ts';
import { type EtcdSessionState, noSessionListeners, type SessionListeners } from './sessionListeners.ts';
import type { WatchProgress } from './watchProgress.ts';
import { WriteProblem } from './writeProblem.ts';

export interface EtcdSessionOptions extends EtcdOptions {
  /** All keys are under it, such as `/baton/v1/default/`. */
  readonly prefix: string;
  readonly leaseTtlSeconds: number;
}

/** What the consistency check reads of etcd, while the session is joined and its watch follows. */
export interface Inspection {
  /** Advances with the watch. After a resync or a join the next inspection has another one. */
  readonly progress: WatchProgress;
  /** Of this process's leased records. */
  readonly leaseId: string;
  read(options: RangeOptions): Promise<RangeSnapshot>;
}

interface Membership {
  readonly client: EtcdClient;
  readonly lease: HeldLease;
  readonly watch: PrefixWatch | undefined;
}

/** The wait before the next join doubles from the first to the last of these. */
const firstBackoffMs = 100;
const lastBackoffMs = 2_000;

/** The time between two requests for a lease while etcd answers reads and refuses writes. */
const grantRetryMs = 1_000;

/**
 * This process's membership in etcd: a lease with its records, and a watch of all records without a
 * gap. When any part of it breaks, the session ends the whole membership, with its connections, and
 * joins again. It does so until `stop`.
 *
 * joining → joined    lease granted, records read and followed, leased records written
 * joined  → joining   the lease is lost, the watch failed, or `rejoin` is called
 * any     → stopped   `stop`: the lease is revoked, and with it all leased records
 */
export class EtcdSession {
  readonly #options: EtcdSessionOptions;
  readonly #stopping = new AbortController();
  #listeners = noSessionListeners;
  #state: EtcdSessionState = { kind: 'joining' };
  #membership: Membership | undefined;
  #endMembership: (cause: Error) => void = () => {};
  #running: Promise<void> | undefined;
  readonly #writeProblem = new WriteProblem((problem) => this.#listeners.onWrites(problem));

  constructor(options: EtcdSessionOptions) {
    this.#options = options;
  }

  get state(): EtcdSessionState {
    return this.#state;
  }

  /** Why etcd takes no writes although the session is joined; undefined while it does. */
  get writeProblem(): string | undefined {
    return this.#writeProblem.current;
  }

  /**
   * Makes these changes of this process's records in one transaction. The records vanish with the
   * membership; the next one does not write them again. Rejects unless joined.
   */
  async change(changes: readonly RecordChange[]): Promise<void> {
    const { lease } = this.#joined;
    try {
      await lease.change(changes);
    } catch (cause) {
      this.#writeProblem.failed(describeError(cause));
      throw cause;
    }
    this.#writeProblem.succeeded();
  }

  /** For records that outlive this membership. Rejects unless joined. */
  async withClient(use: (client: EtcdClient) => Promise<void>): Promise<void> {
    await use(this.#joined.client);
  }

  /** undefined unless the session is joined and its watch follows. */
  inspect(): Inspection | undefined {
    const progress = this.#membership?.watch?.progress();
    if (this.#membership === undefined || progress === undefined || this.#state.kind !== 'joined')
      return undefined;
    const { client, lease } = this.#membership;
    return { progress, leaseId: lease.id, read: (options) => readRanges(client, options) };
  }

  /** Follows the records at another member, or by another connection, without a gap. */
  followElsewhere(): void {
    this.#membership?.client.members.followed?.failed();
  }

  /** Reads all records again within the membership: the view differs from what is stored. */
  resync(): void {
    this.#membership?.watch?.resync();
  }

  /** Joins, and calls these listeners until `stop`. */
  start(listeners: Partial<SessionListeners> = {}): void {
    if (this.#running !== undefined) throw new Error('the session is already started');
    this.#listeners = { ...noSessionListeners, ...listeners };
    this.#running = this.#run();
  }

  /** Ends the membership and joins again. */
  rejoin(reason: string): void {
    this.#endMembership(new Error(reason));
  }

  /** Revokes the lease, so that leased records vanish at once, and closes. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    // A watch that etcd has not accepted yet would be resumed without end.
    this.#endMembership(new Error('the session stops'));
    await this.#running;
    this.#moveTo({ kind: 'stopped' });
  }

  get #joined(): Membership {
    if (this.#membership === undefined) throw new Error('the session is not joined');
    return this.#membership;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let backoffMs = firstBackoffMs;
    while (!signal.aborted) {
      const ended = Promise.withResolvers<never>();
      ended.promise.catch(() => {});
      this.#endMembership = ended.reject;
      try {
        await this.#join(ended.promise, signal);
        backoffMs = firstBackoffMs;
        this.#moveTo({ kind: 'joined' });
        await this.#untilLost(signal, ended.promise);
      } catch (cause) {
        if (!signal.aborted) this.#moveTo({ kind: 'joining', problem: describeError(cause) });
      }
      this.#writeProblem.succeeded();
      await this.#leave(signal.aborted);
      // An abort only ends the wait early.
      await sleep(backoffMs, undefined, { signal }).catch(() => {});
      backoffMs = Math.min(lastBackoffMs, backoffMs * 2);
    }
  }

  /** @param ended rejects when the membership must end; a join can wait without limit */
  async #join(ended: Promise<never>, signal: AbortSignal): Promise<void> {
    const client = connect(this.#options, this.#options.prefix);
    const close = (): void => client.close();
    signal.addEventListener('abort', close, { once: true });
    const { records, leasedRecords } = this.#listeners;
    let lease: HeldLease | undefined;
    let watch: PrefixWatch | undefined;
    try {
      lease = await this.#grant(client);
      if (records.length > 0)
        watch = await PrefixWatch.start(client, new RecordRouter(this.#listeners), ended);
      lease ??= await this.#untilGranted(client, [ended, watch?.failed ?? ended], signal);
    } catch (cause) {
      watch?.cancel();
      lease?.abandon();
      client.close();
      throw cause;
    } finally {
      signal.removeEventListener('abort', close);
    }
    this.#membership = { client, lease, watch };
    const puts = leasedRecords.map(({ key, encode }) => ({ kind: 'put', key, value: encode() }) as const);
    await Promise.all(puts.map((put) => lease.change([put])));
  }

  /**
   * undefined when etcd takes no writes, as without space. What can be read is still used, so the
   * problem is reported before the records are.
   */
  async #grant(client: EtcdClient): Promise<HeldLease | undefined> {
    try {
      return await holdLease(client, this.#options.leaseTtlSeconds);
    } catch (cause) {
      if (!refusesWrites(cause)) throw cause;
      this.#moveTo({ kind: 'joining', problem: describeError(cause) });
      return undefined;
    }
  }

  /** @param broken one rejects when the records are no longer followed */
  async #untilGranted(
    client: EtcdClient,
    broken: readonly Promise<never>[],
    signal: AbortSignal,
  ): Promise<HeldLease> {
    while (true) {
      await Promise.race([sleep(grantRetryMs, undefined, { signal }), ...broken]);
      try {
        return await holdLease(client, this.#options.leaseTtlSeconds);
      } catch (cause) {
        if (!refusesWrites(cause)) throw cause;
      }
    }
  }

  /** Rejects when the membership breaks; resolves when `signal` aborts. */
  async #untilLost(signal: AbortSignal, ended: Promise<never>): Promise<void> {
    const membership = this.#membership;
    if (membership === undefined) return;
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const broken: Promise<unknown>[] = [membership.lease.lost, ended];
    if (membership.watch !== undefined) broken.push(membership.watch.failed);
    await Promise.race([stopped, ...broken]);
  }

  /** @param clean revoke the lease; one that may be lost is only abandoned */
  async #leave(clean: boolean): Promise<void> {
    const membership = this.#membership;
    this.#membership = undefined;
    this.#endMembership = () => {};
    if (membership === undefined) return;
    membership.watch?.cancel();
    if (clean) {
      // When etcd is unreachable, the lease expires.
      await membership.lease.revoke().catch(() => {});
    } else membership.lease.abandon();
    membership.client.close();
  }

  #moveTo(state: EtcdSessionState): void {
    this.#state = state;
    this.#listeners.onState(state);
  }
}
