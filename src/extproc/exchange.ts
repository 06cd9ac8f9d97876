import type {
  FailureStatus,
  MessageParts,
  ServerStream,
  ServerStreamListener,
} from '../grpc/serverStream.ts';
import { MalformedMessage } from '../proto/wire/wireReader.ts';
import { readPolicy } from '../request/readPolicy.ts';
import { readSchedulingRequest } from '../request/readSchedulingRequest.ts';
import type { RequestHeaders } from '../request/requestHeaders.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Rejection } from '../scheduling/decision.ts';
import type { Decision } from '../scheduling/scheduler.ts';
import { requestBodyTag } from './bodyMessageReader.ts';
import { type AwaitedBody, awaitedBody } from './bodyPhase.ts';
import type { DecisionOptions } from './decisionOptions.ts';
import { type ExchangeState, reservedEndpointOf } from './exchangeState.ts';
import { FullDuplexExchange } from './fullDuplex/fullDuplexExchange.ts';
import type { DuplexBodies } from './fullDuplex/fullDuplexRules.ts';
import type { StreamEnd } from './metrics.ts';
import { wantedParts, wantsNothing } from './modeOverride.ts';
import { PendingBody, type ReadBody } from './pendingBody.ts';
import { ProcessingRequestReader } from './processingRequestReader.ts';
import { rejectReply } from './replies.ts';
import { responseReply } from './responseReply.ts';
import { releaseRouted } from './routed.ts';
import { partsToWatch, watchResponse } from './watchResponse.ts';

export interface ExchangeOptions extends DecisionOptions {
  /** Called once, after the reservation is released. */
  readonly onClosed: (exchange: Exchange, how: StreamEnd) => void;
}

/**
 * One ext_proc stream: one HTTP exchange, one reservation. Envoy keeps the stream open until the
 * exchange ends, so whatever ends the stream first releases the reservation.
 *
 * undecided → routed | rejected        the request headers arrived
 * undecided → awaiting-body            they did, and the body was asked for: Envoy has a decision
 * awaiting-body → routed | rejected    the body arrived, or the exchange goes on without it
 * undecided → full-duplex              its bodies run through this instance: FullDuplexExchange
 * any → closed                         end, reset, lost connection, bad message, drain, exception
 *
 * What is thrown here fails this stream alone (grpc/containErrors.ts): `onClosed` follows.
 */
export class Exchange implements ServerStreamListener {
  readonly #stream: ServerStream;
  readonly #options: ExchangeOptions;
  readonly #openedMs: number;
  #state: ExchangeState = { kind: 'undecided' };

  /** @param openedMs when the stream arrived, by performance.now() */
  constructor(stream: ServerStream, openedMs: number, options: ExchangeOptions) {
    this.#stream = stream;
    this.#openedMs = openedMs;
    this.#options = options;
  }

  get reservedEndpoint(): string | undefined {
    return reservedEndpointOf(this.#state);
  }

  onMessage(message: Buffer): void {
    if (this.#state.kind === 'closed') return;
    try {
      this.#reply(new ProcessingRequestReader(message));
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.#failMalformed(error);
    }
  }

  onLongMessage(firstByte: number): MessageParts | undefined {
    const state = this.#state;
    if (state.kind === 'full-duplex') return state.exchange.onLongMessage(firstByte);
    return state.kind === 'awaiting-body' && firstByte === requestBodyTag ? state.body : undefined;
  }

  onEnd(): void {
    if (this.#state.kind !== 'closed') this.#finish('end');
  }

  onClosed(how: 'cancelled' | 'error'): void {
    this.#close(how);
  }

  /** @returns false: it must not end yet, because bytes of a body are owed */
  halfClose(): boolean {
    const state = this.#state;
    const mayEnd = state.kind !== 'full-duplex' || state.exchange.mayHalfClose;
    if (mayEnd && state.kind !== 'closed') this.#finish('drained');
    return mayEnd;
  }

  #reply(request: ProcessingRequestReader): void {
    const { kind, observabilityMode } = request;
    if (observabilityMode) return; // Envoy ignores replies.
    if (kind === undefined) {
      this.#fail('INVALID_ARGUMENT', 'the ProcessingRequest has no headers, body or trailers');
    } else if (kind === 'request_headers' && this.#state.kind === 'undecided') this.#decide(request);
    else if (kind === 'request_body' && this.#state.kind === 'awaiting-body') {
      this.#state.body.read(request.bodyBytes(), request.isEndOfStream);
    } else if (this.#state.kind === 'full-duplex') this.#state.exchange.onMessage(kind, request);
    else if (this.#state.kind !== 'rejected') {
      this.settle();
      this.#stream.reply(responseReply(kind, this.#state)); // First: the response waits for it.
      if (this.#state.kind === 'routed') watchResponse(request, this.#state, this.#options.signals);
    }
  }

  #failMalformed(error: MalformedMessage): void {
    this.#fail('INTERNAL', `invalid ProcessingRequest: ${error.message}`);
  }

  #fail(code: FailureStatus, message: string): void {
    if (this.#state.kind === 'undecided') this.#options.recorder.undecided('bad-request');
    this.#stream.fail(code, message);
    this.#close('error');
  }

  #decide(reader: ProcessingRequestReader): void {
    try {
      this.#decideOnHeaders(reader);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) this.#options.recorder.undecided('internal-error');
      throw error;
    }
  }

  #decideOnHeaders(reader: ProcessingRequestReader): void {
    const { bodies, decide, requestHeaders, recorder, rewriter, routeReplies, signals } = this.#options;
    const policy = readPolicy(reader);
    const headers = requestHeaders(policy);
    const read = readSchedulingRequest(reader, policy, headers);
    const duplex = reader.fullDuplexBodies(this.#options.fullDuplex.unannounced);
    const awaited = bodies && awaitedBody(bodies, reader, read, headers, duplex, rewriter);
    if (duplex !== undefined) {
      this.#beginFullDuplex(duplex, headers).begin(read, awaited, reader.isEndOfStream);
    } else if (awaited !== undefined) this.#awaitBody(read, headers, awaited);
    if (this.#state.kind !== 'undecided') return;
    const request = rewriter?.resolve(read) ?? read;
    const decision = decide(request);
    if (decision.kind === 'route') {
      const { endpoint, reservation, explanation } = decision;
      const isExplained = explanation !== undefined;
      const signal = signals?.begin(endpoint.address, this.#openedMs, isExplained ? 'headers' : undefined);
      this.#state = { kind: 'routed', reservation, signal, explanation };
      const reply = routeReplies.encode(decision, partsToWatch(reader, signal, isExplained));
      this.#stream.reply(rewriter?.amend(reply, request, 'request_headers') ?? reply);
    } else this.#reject(decision.why);
    recorder.decided(request, decision, this.#openedMs);
  }

  #beginFullDuplex(bodies: DuplexBodies, wanted: RequestHeaders): FullDuplexExchange {
    const exchange = new FullDuplexExchange({
      stream: this.#stream,
      shared: this.#options,
      openedMs: this.#openedMs,
      bodies,
      wanted,
      finish: (how) => this.#finish(how),
      onMalformed: (error) => this.#failMalformed(error),
    });
    this.#state = { kind: 'full-duplex', exchange };
    return exchange;
  }

  /** Replies with a whole decision, and asks for the body. */
  #awaitBody(request: SchedulingRequest, wanted: RequestHeaders, awaited: AwaitedBody): void {
    const { first, mode, promptFormat } = awaited;
    const { bodies, nowMs, recorder, rewriter, routeReplies, signals } = this.#options;
    if (bodies === undefined) return;
    const isSentAnyway = mode === 'configured';
    const usual = isSentAnyway ? 'none' : (signals?.watchAhead(first.endpoint.address) ?? 'none');
    const watch = usual === 'none' && request.isExplained ? 'headers' : usual;
    const body = new PendingBody({
      request,
      wanted,
      rewriter,
      isBuffered: mode === 'buffered',
      first,
      promptFormat,
      isCertain: isSentAnyway,
      watch,
      bodies,
      recorder,
      nowMs,
      onRead: (read) => this.#onBody(body, read),
      onMalformed: (error) => this.#failMalformed(error),
    });
    this.#state = { kind: 'awaiting-body', body };
    this.#stream.reply(routeReplies.encode(first, isSentAnyway ? wantsNothing : wantedParts(mode, watch)));
  }

  #onBody(body: PendingBody, read: ReadBody): void {
    this.#state = { kind: 'undecided' };
    try {
      this.#decideOnBody(body, read);
    } catch (error) {
      this.#options.recorder.undecided('internal-error');
      throw error;
    }
  }

  #decideOnBody({ watch }: PendingBody, { request, missed, body }: ReadBody): void {
    const { decide, nowMs, recorder, rewriter, routeReplies, signals } = this.#options;
    const arrivedMs = nowMs();
    const decision: Decision = missed === undefined ? decide(request) : { kind: 'reject', why: missed };
    if (decision.kind === 'route') {
      const { endpoint, reservation, explanation } = decision;
      const signal = signals?.begin(endpoint.address, arrivedMs, watch);
      this.#state = { kind: 'routed', reservation, signal, explanation };
      const reply = routeReplies.encode(decision, wantsNothing, 'request_body');
      this.#stream.reply(rewriter?.amend(reply, request, 'request_body', body) ?? reply);
    } else this.#reject(decision.why);
    recorder.decided(request, decision, arrivedMs);
  }

  settle(): void {
    if (this.#state.kind === 'full-duplex') this.#state.exchange.settle();
    if (this.#state.kind !== 'awaiting-body') return;
    const { body } = this.#state;
    const reservation = body.settle();
    const signal = this.#options.signals?.begin(reservation.address, this.#openedMs, body.watch);
    this.#state = { kind: 'routed', reservation, signal };
  }

  #reject(why: Rejection): void {
    this.#state = { kind: 'rejected' };
    this.#stream.reply(rejectReply(why, this.#options.retryAfterSeconds));
  }

  #finish(how: StreamEnd): void {
    this.#stream.end();
    this.#close(how);
  }

  #close(how: StreamEnd): void {
    const state = this.#state;
    if (state.kind === 'closed') return;
    this.#state = { kind: 'closed' };
    try {
      if (state.kind === 'awaiting-body') state.body.abandon();
      if (state.kind === 'full-duplex') state.exchange.close(how);
      if (state.kind === 'routed') releaseRouted(state, how, this.#options.signals);
    } finally {
      this.#options.onClosed(this, how);
    }
  }
}
