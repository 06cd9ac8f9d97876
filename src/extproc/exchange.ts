import type { FailureStatus, ServerStream, ServerStreamListener } from '../grpc/serverStream.ts';
import { parseAddress } from '../hostPort.ts';
import { MalformedMessage } from '../proto/wire/wireReader.ts';
import { readSchedulingRequest } from '../request/readSchedulingRequest.ts';
import type { RequestHeaders } from '../request/requestHeaders.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Reservation } from '../scheduling/reservation.ts';
import type { Decision } from '../scheduling/scheduler.ts';
import type { ExchangeSignal } from '../signals/exchangeSignal.ts';
import type { PodSignals } from '../signals/podSignals.ts';
import type { DecisionRecorder } from './decisionRecorder.ts';
import type { StreamEnd } from './metrics.ts';
import { type ProcessingRequestKind, ProcessingRequestReader } from './processingRequestReader.ts';
import { continueReply, rejectReply, routeReply } from './replies.ts';

/** The metadata in which Envoy's override_host policy reports the pod that served. */
const servedNamespace = 'envoy.lb';
const servedKey = 'x-gateway-destination-endpoint-served';
const longestAddress = 256;

export interface ExchangeOptions {
  /** The configured headers that a request is read by, now. */
  readonly requestHeaders: () => RequestHeaders;
  readonly decide: (request: SchedulingRequest) => Decision;
  readonly extraHeaders: readonly string[];
  readonly retryAfterSeconds: number;
  readonly recorder: Pick<DecisionRecorder, 'decided' | 'undecided'>;
  /** Judges pods by how their exchanges end; undefined: no response is watched. */
  readonly signals: Pick<PodSignals, 'begin' | 'onHeaders' | 'onBody' | 'onEnd'> | undefined;
  /** A monotonic clock. */
  readonly nowMs: () => number;
  /** Called once, after the reservation is released. */
  readonly onClosed: (exchange: Exchange, how: StreamEnd) => void;
}

type State =
  | { readonly kind: 'undecided' }
  | { readonly kind: 'rejected' }
  | {
      readonly kind: 'routed';
      readonly reservation: Reservation;
      readonly signal: ExchangeSignal | undefined;
    }
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
    else {
      // First the reply: the response waits for it.
      this.#stream.reply(continueReply(kind));
      this.#watch(request, kind);
    }
  }

  #watch(message: ProcessingRequestReader, kind: ProcessingRequestKind): void {
    const { signals } = this.#options;
    if (this.#state.kind !== 'routed') return;
    const { reservation, signal } = this.#state;
    if (kind === 'response_headers') {
      const served = servedIn(message);
      if (served !== undefined && served !== reservation.address) reservation.move(served);
      if (signal === undefined) return;
      const status = Number(message.header(':status'));
      signals?.onHeaders(signal, status > 0 ? status : undefined, served, message.isEndOfStream);
    } else if (kind === 'response_body' && signal !== undefined) {
      signals?.onBody(signal, message.bodyBytes(), message.isEndOfStream);
    }
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
    const { requestHeaders, decide, extraHeaders, retryAfterSeconds, recorder, signals } = this.#options;
    const request = readSchedulingRequest(reader, requestHeaders());
    const decision = decide(request);
    switch (decision.kind) {
      case 'route':
        {
          const { endpoint, reservation } = decision;
          const signal = signals?.begin(endpoint.address);
          this.#state = { kind: 'routed', reservation, signal };
          // An override would end the body modes of a gateway that has its own.
          const watch = signal === undefined || !reader.sendsNoBodies ? 'none' : signal.watch;
          this.#stream.reply(routeReply(decision, extraHeaders, watch));
        }
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
      if (state.kind === 'routed') {
        state.reservation.release();
        // After a drain or a lost connection to Envoy, the exchange itself goes on.
        if (how === 'end' && state.signal !== undefined) this.#options.signals?.onEnd(state.signal);
      }
    } finally {
      this.#options.onClosed(this, how);
    }
  }
}

/** The pod that Envoy sent the request to; undefined: Envoy does not say. */
function servedIn(message: ProcessingRequestReader): string | undefined {
  const served = message.metadataTexts(servedNamespace, servedKey, longestAddress);
  if (typeof served !== 'string') return undefined;
  const parsed = parseAddress(served);
  return parsed.kind === 'ip' ? parsed.address : undefined;
}
