import type { FailureStatus, ServerStream, ServerStreamListener } from '../grpc/serverStream.ts';
import { parseAddress } from '../hostPort.ts';
import { MalformedMessage } from '../proto/wire/wireReader.ts';
import { readSchedulingRequest } from '../request/readSchedulingRequest.ts';
import type { RequestHeadersFor } from '../request/requestHeaders.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Reservation } from '../scheduling/reservation.ts';
import type { Decision } from '../scheduling/scheduler.ts';
import type { ExchangeSignal } from '../signals/exchangeSignal.ts';
import type { PodSignals } from '../signals/podSignals.ts';
import type { DecisionRecorder } from './decisionRecorder.ts';
import type { StreamEnd } from './metrics.ts';
import { type ProcessingRequestKind, ProcessingRequestReader } from './processingRequestReader.ts';
import { continueReply, rejectReply } from './replies.ts';
import type { RouteReplies } from './routeReplies.ts';

/** The metadata in which Envoy's override_host policy reports the pod that served. */
const servedNamespace = 'envoy.lb';
const servedKey = 'x-gateway-destination-endpoint-served';
const longestAddress = 256;

export interface ExchangeOptions {
  /** The configured headers that a request is read by, now. */
  readonly requestHeaders: RequestHeadersFor;
  readonly decide: (request: SchedulingRequest) => Decision;
  readonly routeReplies: RouteReplies;
  readonly retryAfterSeconds: number;
  readonly recorder: Pick<DecisionRecorder, 'decided' | 'undecided'>;
  /** Judges pods by how their exchanges end; undefined: no response is watched. */
  readonly signals: Pick<PodSignals, 'begin' | 'onHeaders' | 'onBody' | 'onTrailers' | 'onEnd'> | undefined;
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
  readonly #openedMs: number;
  #state: State = { kind: 'undecided' };

  /** @param openedMs when the stream arrived, by performance.now() */
  constructor(stream: ServerStream, openedMs: number, options: ExchangeOptions) {
    this.#stream = stream;
    this.#openedMs = openedMs;
    this.#options = options;
  }

  /** The endpoint of its reservation; undefined: it has none. */
  get reservedEndpoint(): string | undefined {
    return this.#state.kind === 'routed' ? this.#state.reservation.address : undefined;
  }

  onMessage(message: Buffer): void {
    if (this.#state.kind === 'closed') return;
    try {
      this.#reply(new ProcessingRequestReader(message));
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

  #reply(request: ProcessingRequestReader): void {
    const { kind, observabilityMode } = request;
    // Envoy ignores replies in this mode, so there is nothing to decide.
    if (observabilityMode) return;
    if (kind === undefined) {
      this.#fail('INVALID_ARGUMENT', 'the ProcessingRequest has no headers, body or trailers');
    } else if (kind === 'request_headers' && this.#state.kind === 'undecided') this.#decide(request);
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
    } else if (kind === 'response_trailers' && signal !== undefined) signals?.onTrailers(signal);
  }

  #fail(code: FailureStatus, message: string): void {
    if (this.#state.kind === 'undecided') this.#options.recorder.undecided('bad-request');
    this.#stream.fail(code, message);
    this.#close('error');
  }

  #decide(reader: ProcessingRequestReader): void {
    try {
      this.#replyToHeaders(reader);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) this.#options.recorder.undecided('internal-error');
      throw error;
    }
  }

  #replyToHeaders(reader: ProcessingRequestReader): void {
    const { requestHeaders, decide, routeReplies, retryAfterSeconds, recorder, signals } = this.#options;
    const request = readSchedulingRequest(reader, requestHeaders);
    const decision = decide(request);
    switch (decision.kind) {
      case 'route':
        {
          const { endpoint, reservation } = decision;
          const signal = signals?.begin(endpoint.address, this.#openedMs);
          this.#state = { kind: 'routed', reservation, signal };
          // An override would end the body modes of a gateway that has its own.
          const wanted = signal?.watch ?? 'none';
          const watch = wanted === 'none' || reader.sendsNoBodies ? wanted : 'none';
          this.#stream.reply(routeReplies.encode(decision, watch));
        }
        break;
      case 'reject':
        this.#state = { kind: 'rejected' };
        this.#stream.reply(rejectReply(decision.why, retryAfterSeconds));
        break;
      default:
        decision satisfies never;
    }
    recorder.decided(request, decision, this.#openedMs);
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
