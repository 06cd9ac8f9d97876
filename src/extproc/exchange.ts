import type { FailureStatus, ServerStream, ServerStreamListener } from '../grpc/serverStream.ts';
import { MalformedMessage } from '../proto/wire/wireReader.ts';
import { readSchedulingRequest } from '../request/readSchedulingRequest.ts';
import type { RequestHeaders } from '../request/requestHeaders.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Reservation } from '../scheduling/reservation.ts';
import type { Decision } from '../scheduling/scheduler.ts';
import type { DecisionRecorder } from './decisionRecorder.ts';
import type { StreamEnd } from './metrics.ts';
import { ProcessingRequestReader } from './processingRequestReader.ts';
import { continueReply, rejectReply, routeReply } from './replies.ts';

export interface ExchangeOptions {
  /** The configured headers that a request is read by, now. */
  readonly requestHeaders: () => RequestHeaders;
  readonly decide: (request: SchedulingRequest) => Decision;
  readonly extraHeaders: readonly string[];
  readonly retryAfterSeconds: number;
  readonly recorder: Pick<DecisionRecorder, 'decided' | 'undecided'>;
  /** A monotonic clock. */
  readonly nowMs: () => number;
  /** Called once, after the reservation is released. */
  readonly onClosed: (exchange: Exchange, how: StreamEnd) => void;
}

type State =
  | { readonly kind: 'undecided' }
  | { readonly kind: 'rejected' }
  | { readonly kind: 'routed'; readonly reservation: Reservation }
  | { readonly kind: 'closed' };

/**
 * One ext_proc stream: one HTTP exchange, one reservation. Envoy keeps the stream open until the
 * exchange ends, so whatever ends the stream first releases the reservation.
 *
 * undecided → routed | rejected   the request headers arrived
 * any       → closed              end, reset, lost connection, invalid message, drain, exception
 *
 * What is thrown here fails this stream alone (grpc/containErrors.ts): `onClosed` follows.
 */
export class Exchange implements ServerStreamListener {
  readonly #stream: ServerStream;
  readonly #options: ExchangeOptions;
  #state: State = { kind: 'undecided' };

  constructor(stream: ServerStream, options: ExchangeOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  /** The endpoint of its reservation; undefined: it has none. */
  get reservedEndpoint(): string | undefined {
    return this.#state.kind === 'routed' ? this.#state.reservation.address : undefined;
  }

  onMessage(message: Buffer): void {
    if (this.#state.kind === 'closed') return;
    const arrivedMs = this.#state.kind === 'undecided' ? this.#options.nowMs() : 0;
    try {
      this.#reply(new ProcessingRequestReader(message), arrivedMs);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.#fail('INTERNAL', `invalid ProcessingRequest: ${error.message}`);
    }
  }

  onEnd(): void {
    if (this.#state.kind === 'closed') return;
    this.#stream.end();
    this.#close('end');
  }

  onClosed(how: 'cancelled' | 'error'): void {
    this.#close(how);
  }

  /** Ends the stream while its HTTP exchange goes on: Envoy no longer involves this instance. */
  halfClose(): void {
    if (this.#state.kind === 'closed') return;
    this.#stream.end();
    this.#close('drained');
  }

  #reply(request: ProcessingRequestReader, arrivedMs: number): void {
    const { kind, observabilityMode } = request;
    // Envoy ignores replies in this mode, so there is nothing to decide.
    if (observabilityMode) return;
    if (kind === undefined) {
      this.#fail('INVALID_ARGUMENT', 'the ProcessingRequest has no headers, body or trailers');
    } else if (kind === 'request_headers' && this.#state.kind === 'undecided')
      this.#decide(request, arrivedMs);
    else this.#stream.reply(continueReply(kind));
  }

  #fail(code: FailureStatus, message: string): void {
    if (this.#state.kind === 'undecided') this.#options.recorder.undecided('bad-request');
    this.#stream.fail(code, message);
    this.#close('error');
  }

  #decide(reader: ProcessingRequestReader, arrivedMs: number): void {
    try {
      this.#replyToHeaders(reader, arrivedMs);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) this.#options.recorder.undecided('internal-error');
      throw error;
    }
  }

  #replyToHeaders(reader: ProcessingRequestReader, arrivedMs: number): void {
    const { requestHeaders, decide, extraHeaders, retryAfterSeconds, recorder } = this.#options;
    const request = readSchedulingRequest(reader, requestHeaders());
    const decision = decide(request);
    switch (decision.kind) {
      case 'route':
        this.#state = { kind: 'routed', reservation: decision.reservation };
        this.#stream.reply(routeReply(decision, extraHeaders));
        break;
      case 'reject':
        this.#state = { kind: 'rejected' };
        this.#stream.reply(rejectReply(decision.why, retryAfterSeconds));
        break;
      default:
        decision satisfies never;
    }
    recorder.decided(request, decision, arrivedMs);
  }

  #close(how: StreamEnd): void {
    const state = this.#state;
    if (state.kind === 'closed') return;
    this.#state = { kind: 'closed' };
    try {
      if (state.kind === 'routed') state.reservation.release();
    } finally {
      this.#options.onClosed(this, how);
    }
  }
}
