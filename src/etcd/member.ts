import type { Client, ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import { ClientClosedError, GRPCDeadlineExceededError } from 'etcd3';
import { stallMs } from '../judgingTimer.ts';
import type { CredentialOptions } from './credentials.ts';
import { failureKindOf } from './failureKind.ts';
import { MemberConnection, type ServiceName } from './memberConnection.ts';

/** After a failure a member is the last choice for this long; doubles with each one in a row. */
const firstPenaltyMs = 1_000;
const lastPenaltyMs = 30_000;

/** Assumed for a member that was not called yet, or not for a long time. */
const unknownLatencyMs = 20;
const latencyValidMs = 60_000;

export interface CallLimits {
  readonly timeoutMs: number;
  /** Ends the call early: another member has answered. */
  readonly signal?: AbortSignal;
}

/**
 * One member of the etcd cluster as this process sees it: its connection, how fast it answers, and
 * since when it does not. A connection that failed one call is closed as a whole, since it may be
 * half dead; the next call opens another one.
 */
export class Member {
  readonly endpoint: string;
  readonly #options: CredentialOptions;
  #connection: MemberConnection | undefined;
  #isClosed = false;
  #failures = 0;
  #penaltyUntilMs = Number.NEGATIVE_INFINITY;
  #latencyMs = unknownLatencyMs;
  #latencyAtMs = Number.NEGATIVE_INFINITY;
  /** When it last answered anything. */
  answeredAtMs = Number.NEGATIVE_INFINITY;

  constructor(endpoint: string, options: CredentialOptions) {
    this.endpoint = endpoint;
    this.#options = options;
  }

  /** The lower, the better; a member that failed lately is worse than all that did not. */
  cost(nowMs: number): number {
    if (nowMs < this.#penaltyUntilMs) return lastPenaltyMs + this.#penaltyUntilMs - nowMs;
    return nowMs - this.#latencyAtMs > latencyValidMs ? unknownLatencyMs : this.#latencyMs;
  }

  /** @throws etcd3's error, or the reason of the signal */
  async unary<T>(service: ServiceName, method: string, params: unknown, limits: CallLimits): Promise<T> {
    const startedAtMs = performance.now();
    let connection: MemberConnection | undefined;
    try {
      connection = this.#connect();
      const response = await connection.unary<T>(service, method, params, limits);
      this.answered(performance.now() - startedAtMs);
      return response;
    } catch (error) {
      if (limits.signal?.aborted === true) this.slower(performance.now() - startedAtMs);
      else if (!isLate(error, startedAtMs, limits)) this.onError(error, connection, startedAtMs);
      throw error;
    }
  }

  /**
   * Opens a stream, and returns it with its connection: its follower ends it when the
   * connection closes, and calls `failed` when it breaks.
   */
  async duplex<Request, Response>(
    service: ServiceName,
    method: string,
    limits: CallLimits,
  ): Promise<{
    readonly stream: ClientDuplexStream<Request, Response>;
    readonly connection: MemberConnection;
  }> {
    const startedAtMs = performance.now();
    let connection: MemberConnection | undefined;
    try {
      connection = this.#connect();
      return { stream: await connection.duplex<Request, Response>(service, method, limits), connection };
    } catch (error) {
      this.onError(error, connection, startedAtMs);
      throw error;
    }
  }

  /** etcd3's client of one service, and what each of its calls needs. */
  async client(service: ServiceName, limits: CallLimits): Promise<{ client: Client; metadata: Metadata }> {
    const connection = this.#connect();
    return { client: connection.client(service), metadata: await connection.metadata(limits) };
  }

  answered(latencyMs: number): void {
    this.answeredAtMs = performance.now();
    this.#failures = 0;
    this.#penaltyUntilMs = Number.NEGATIVE_INFINITY;
    const isCurrent = performance.now() - this.#latencyAtMs <= latencyValidMs;
    this.#latencyMs = isCurrent ? (this.#latencyMs * 3 + latencyMs) / 4 : latencyMs;
    this.#latencyAtMs = performance.now();
  }

  /** It has not answered after this long, when another one had. */
  slower(thanMs: number): void {
    if (thanMs <= this.#latencyMs) return;
    this.#latencyMs = thanMs;
    this.#latencyAtMs = performance.now();
  }

  /** @param connection the one that failed; a newer one stays open */
  failed(connection: MemberConnection | undefined = this.#connection): void {
    // One failure of a connection ends many calls.
    if (connection?.closed.aborted === true) return;
    connection?.close();
    this.#penalize();
  }

  /** It is not connected again. */
  close(): void {
    this.#isClosed = true;
    this.#connection?.close();
  }

  /** After an error that a call or a stream on the connection ended with. */
  onError(error: unknown, connection: MemberConnection | undefined, startedAtMs: number): void {
    const kind = failureKindOf(error);
    switch (kind) {
      case 'connection':
        this.failed(connection);
        break;
      case 'member':
        this.#penalize();
        break;
      case 'refusal':
        this.answered(performance.now() - startedAtMs);
        break;
      case 'local':
        connection?.close();
        break;
      default:
        kind satisfies never;
    }
  }

  #penalize(): void {
    const penaltyMs = Math.min(lastPenaltyMs, firstPenaltyMs * 2 ** this.#failures);
    this.#failures += 1;
    this.#penaltyUntilMs = performance.now() + penaltyMs;
  }

  /** @throws Error when a TLS file cannot be read, or the client is closed */
  #connect(): MemberConnection {
    if (this.#isClosed) throw new ClientClosedError('closed');
    if (this.#connection === undefined || this.#connection.closed.aborted) {
      this.#connection = new MemberConnection(this.endpoint, this.#options);
    }
    return this.#connection;
  }
}

/** A timeout that fired late: this process stood still, and the answer may wait unread. */
function isLate(error: unknown, startedAtMs: number, { timeoutMs }: CallLimits): boolean {
  if (!(error instanceof GRPCDeadlineExceededError)) return false;
  return performance.now() - startedAtMs > timeoutMs + stallMs;
}
