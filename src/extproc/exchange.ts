import type { FailureStatus, ServerStream, ServerStreamListener } from '../grpc/serverStream.ts';
import type { Reservation } from '../ledger/ledger.ts';
import { MalformedMessage } from '../proto/wire/wireReader.ts';
import { readSchedulingRequest } from '../request/readSchedulingRequest.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Decision } from '../scheduling/scheduler.ts';
import type { DecisionRecorder } from './decisionRecorder.ts';
import type { StreamEnd } from './metrics.ts';
import { ProcessingRequestReader } from './processingRequestReader.ts';
import { continueReply, rejectReply, routeReply } from './replies.ts';

export interface ExchangeOptions {
  readonly decide: (facts: SchedulingRequest) => Decision;
  readonly extraHeaders: readonly string[];
  readonly retryAfterSeconds: number;
  readonly recorder: Pick<DecisionRecorder, 'decided' | 'undecided'>;
  /** A clock that never jumps. */
  readonly nowMs: () => number;
  /** Called once, when the exchange is over and its reservation is released. */
  readonly onClosed: (exchange: Exchange, how: StreamEnd) => void;
}

type State =
  | { readonly kind: 'undecided' }
  | { readonly kind: 'rejected' }
  | { readonly kind: 'routed'; readonly reservation: Reservation }
  | { readonly kind: 'closed' };

/**
 * One stream, one HTTP exchange, one reservation. Envoy keeps the stream open until the exchange
 * ends, so the reservation is released by whatever ends the stream first.
 *
 * undecided → routed | rejected   the request's headers came
 * any       → closed              end, reset, loss of the connection, a message that makes no sense, drain
 */
export class Exchange implements ServerStreamListener {
  readonly #stream: ServerStream;
  readonly #options: ExchangeOptions;
  #state: State = { kind: 'undecided' };

  constructor(stream: ServerStream, options: ExchangeOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  /** The endpoint on which it holds a reservation, if it holds one. */
  get reservedEndpoint(): string | undefined {
    return this.#state.kind === 'routed' ? this.#state.reservation.address : undefined;
  }

  onMessage(message: Buffer): void {
    if (this.#state.kind === 'closed') return;
    const arrivedMs = this.#state.kind === 'undecided' ? this.#options.nowMs() : 0;
    try {
      this.#answer(new ProcessingRequestReader(message), arrivedMs);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.#refuse('INTERNAL', `not a ProcessingRequest: ${error.message}`);
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

  /** Leaves the exchange to Envoy: it goes on untouched, but is no longer counted here. */
  halfClose(): void {
    if (this.#state.kind === 'closed') return;
    this.#stream.end();
    this.#close('drained');
  }

  #answer(question: ProcessingRequestReader, arrivedMs: number): void {
    const { kind, isObserved } = question;
    // Envoy reads no answers in this mode, so there is nothing to decide.
    if (isObserved) return;
    if (kind === undefined) {
      this.#refuse('INVALID_ARGUMENT', 'a ProcessingRequest must hold headers, a body or trailers');
    } else if (kind === 'request_headers' && this.#state.kind === 'undecided')
      this.#decide(question, arrivedMs);
    else this.#stream.reply(continueReply(kind));
  }

  #refuse(code: FailureStatus, why: string): void {
    if (this.#state.kind === 'undecided') this.#options.recorder.undecided('bad-request');
    this.#stream.fail(code, why);
    this.#close('error');
  }

  #decide(question: ProcessingRequestReader, arrivedMs: number): void {
    const { decide, extraHeaders, retryAfterSeconds, recorder } = this.#options;
    const request = readSchedulingRequest(question);
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
    if (state.kind === 'routed') state.reservation.release();
    this.#options.onClosed(this, how);
  }
}
