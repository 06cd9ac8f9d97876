import type {
  FailureStatus,
  MessageParts,
  ServerStream,
  ServerStreamListener,
} from '../grpc/serverStream.ts';
import { MalformedMessage } from '../proto/wire/wireReader.ts';
import type { RequestHeaders } from '../request/requestHeaders.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Route } from '../scheduling/decision.ts';
import type { Decision } from '../scheduling/scheduler.ts';
import type { ResponseWatch } from '../signals/responseWatch.ts';
import { awaitBody } from './awaitBody.ts';
import { type AwaitedBody, awaitedBody } from './bodyPhase.ts';
import type { DecisionOptions } from './decisionOptions.ts';
import { closeState, type ExchangeState, partsFor, reservedEndpointOf, settled } from './exchangeState.ts';
import { FullDuplexExchange } from './fullDuplex/fullDuplexExchange.ts';
import type { DuplexBodies } from './fullDuplex/fullDuplexRules.ts';
import type { StreamEnd } from './metrics.ts';
import type { RewritableBody } from './modelRewriter.ts';
import { type WantedParts, wantedParts, wantsNothing } from './modeOverride.ts';
import type { AskedMode } from './ownMode.ts';
import type { PendingBody, ReadBody } from './pendingBody.ts';
import { ProcessingRequestReader } from './processingRequestReader.ts';
import { readRequest } from './readRequest.ts';
import { continueReply } from './replies.ts';
import { responseReply } from './responseReply.ts';
import { beginRoute, rejectionReply, routeReply } from './routeReply.ts';
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
  /** Of a gateway that sends bodies by itself. */
  #askedMode: AskedMode | undefined;

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
    const repeated = this.#options.repeatedFailures;
    try {
      if (!repeated.isWatching) this.#reply(new ProcessingRequestReader(message));
      else if (!repeated.run(message, () => this.#reply(new ProcessingRequestReader(message))))
        this.#fail('INVALID_ARGUMENT', 'not read: messages like this one have failed repeatedly');
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw repeated.thrown(message, error);
      this.#failMalformed(error);
    }
  }

  onLongMessage(firstByte: number): MessageParts | undefined {
    return partsFor(this.#state, firstByte, () => {
      this.#askedMode?.onMessage('request_body');
      this.#stream.reply(continueReply('request_body'));
    });
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
    if (state.kind === 'full-duplex' && !state.exchange.mayHalfClose) return false;
    if (state.kind !== 'closed') this.#finish('drained');
    return true;
  }

  #reply(request: ProcessingRequestReader): void {
    const { kind, observabilityMode } = request;
    if (observabilityMode) return; // Envoy ignores replies.
    this.#askedMode?.onMessage(kind);
    if (kind === undefined) {
      this.#fail('INVALID_ARGUMENT', 'the ProcessingRequest has no headers, body or trailers');
    } else if (kind === 'request_headers' && this.#state.kind === 'undecided') this.#decide(request);
    else if (kind === 'request_body' && this.#state.kind === 'awaiting-body') {
      this.#state.body.read(request.bodyBytes(), request.isEndOfStream);
    } else if (this.#state.kind === 'full-duplex') this.#state.exchange.onMessage(kind, request);
    else if (this.#state.kind !== 'rejected') this.#continue(request);
  }

  #continue(message: ProcessingRequestReader): void {
    this.settle();
    const { echoesServed, signals } = this.#options;
    const routed = this.#state.kind === 'routed' ? this.#state : undefined;
    this.#stream.reply(responseReply(message, routed, echoesServed)); // First: the response waits for it.
    if (routed !== undefined) watchResponse(message, routed, signals);
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
    const { bodies, decide, rewriter } = this.#options;
    const { read, wanted } = readRequest(reader, this.#options, this.#stream.traceparent);
    const duplex = reader.fullDuplexBodies(this.#options.fullDuplex.unannounced);
    const awaited = bodies && awaitedBody(bodies, reader, read, wanted, duplex, this.#options);
    if (duplex !== undefined) {
      this.#beginFullDuplex(duplex, wanted).begin(read, awaited, reader.isEndOfStream);
      return;
    }
    if (!reader.sendsNoBodies) this.#askedMode = this.#options.ownMode?.begin(reader);
    if (awaited !== undefined) this.#awaitBody(read, wanted, awaited);
    else {
      const request = rewriter?.resolve(read) ?? read;
      this.#answer(request, decide(request), this.#openedMs, reader);
    }
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
    const { first, mode } = awaited;
    const body = awaitBody(this.#options, request, wanted, awaited, {
      onRead: (read) => this.#onBody(body, read),
      onMalformed: (error) => this.#failMalformed(error),
    });
    this.#state = { kind: 'awaiting-body', body };
    const parts = mode === 'configured' ? wantsNothing : wantedParts(mode, body.watch);
    this.#replyToHeaders(request, first, parts);
  }

  #onBody({ watch }: PendingBody, { request, missed, body }: ReadBody): void {
    const { decide, nowMs, recorder } = this.#options;
    const arrivedMs = nowMs();
    this.#state = { kind: 'undecided' };
    try {
      const decision: Decision = missed === undefined ? decide(request) : { kind: 'reject', why: missed };
      this.#answer(request, decision, arrivedMs, undefined, watch, body);
    } catch (error) {
      recorder.undecided('internal-error');
      throw error;
    }
  }

  /** @param headers undefined: it answers the body */
  #answer(
    request: SchedulingRequest,
    decision: Decision,
    arrivedMs: number,
    headers: ProcessingRequestReader | undefined,
    watched?: ResponseWatch,
    body?: RewritableBody,
  ): void {
    if (decision.kind === 'reject') {
      this.#state = { kind: 'rejected' };
      this.#stream.reply(rejectionReply(this.#options, request, decision.why));
    } else {
      const routed = beginRoute(this.#options, request, decision, arrivedMs, watched);
      this.#state = routed;
      if (headers === undefined) {
        this.#stream.reply(routeReply(this.#options, request, decision, 'request_body', wantsNothing, body));
      } else this.#replyToHeaders(request, decision, partsToWatch(headers, routed, this.#askedMode));
    }
    this.#options.recorder.decided(request, decision, arrivedMs);
  }

  #replyToHeaders(request: SchedulingRequest, route: Route, wanted: WantedParts): void {
    this.#stream.reply(routeReply(this.#options, request, route, 'request_headers', wanted));
    this.#askedMode?.asked(wanted);
  }

  settle(): void {
    const state = this.#state;
    if (state.kind === 'full-duplex') state.exchange.settle();
    if (state.kind === 'awaiting-body') {
      this.#state = settled(state.body, this.#openedMs, this.#options.signals);
    }
  }

  #finish(how: StreamEnd): void {
    this.#stream.end();
    this.#close(how);
  }

  #close(how: StreamEnd): void {
    const state = this.#state;
    if (state.kind === 'closed') return;
    this.#state = { kind: 'closed' };
    if (state.kind === 'routed') this.#askedMode?.onEnd(how);
    try {
      closeState(state, how, this.#options.signals);
    } finally {
      this.#options.onClosed(this, how);
    }
  }
}
