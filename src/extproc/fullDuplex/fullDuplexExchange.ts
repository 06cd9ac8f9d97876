import type { MessageParts, ServerStream } from '../../grpc/serverStream.ts';
import type { MalformedMessage } from '../../proto/wire/wireReader.ts';
import type { RequestHeaders } from '../../request/requestHeaders.ts';
import type { SchedulingRequest } from '../../request/schedulingRequest.ts';
import type { Decision } from '../../scheduling/scheduler.ts';
import { BodyMessageReader, bodyTags } from '../bodyMessageReader.ts';
import type { AwaitedBody } from '../bodyPhase.ts';
import type { DecisionOptions } from '../decisionOptions.ts';
import type { StreamEnd } from '../metrics.ts';
import { wantsNothing } from '../modeOverride.ts';
import type { ProcessingRequestKind, ProcessingRequestReader } from '../processingRequestReader.ts';
import { continueReply } from '../replies.ts';
import { responseReply } from '../responseReply.ts';
import { type Routed, releaseRouted } from '../routed.ts';
import { beginRoute, rejectionReply, routeReply } from '../routeReply.ts';
import { unlessMalformed } from '../unlessMalformed.ts';
import { watchResponse } from '../watchResponse.ts';
import type { DuplexBodies } from './fullDuplexRules.ts';
import { HeldBody } from './heldBody.ts';
import { type BodyKind, sendBack } from './streamedBody.ts';

export interface FullDuplexExchangeOptions {
  readonly stream: ServerStream;
  readonly shared: DecisionOptions;
  /** When the stream arrived, by `nowMs`. */
  readonly openedMs: number;
  readonly bodies: DuplexBodies;
  /** What is to be read of the request. */
  readonly wanted: RequestHeaders;
  /** Ends the stream: Envoy goes on without this instance. */
  readonly finish: (how: StreamEnd) => void;
  readonly onMalformed: (error: MalformedMessage) => void;
}

type FullDuplexState =
  | { readonly kind: 'held'; readonly body: HeldBody }
  | ({ readonly kind: 'routed' } & Routed)
  | { readonly kind: 'over' };

/**
 * One exchange whose bodies run through this instance: Envoy keeps no copy, so every byte goes
 * back, in order and behind the answer to the headers. That answer waits for as much of the body as
 * the decision needs.
 *
 * held → routed | over          the body showed what the decision needs, or ended
 * routed → over                 closed; or the request has passed, and Envoy has the response
 *
 * It is never half-closed while a byte is owed: the client would miss it without a sign.
 */
export class FullDuplexExchange implements MessageParts {
  readonly #options: FullDuplexExchangeOptions;
  #state: FullDuplexState = { kind: 'over' };
  #isRequestOpen = true;
  #sawResponse = false;
  /** The body message that arrives in parts. */
  #partKind: BodyKind = 'request_body';
  #reader: BodyMessageReader | undefined;

  constructor(options: FullDuplexExchangeOptions) {
    this.#options = options;
  }

  /** @param awaited the body can change the decision */
  begin(request: SchedulingRequest, awaited: AwaitedBody | undefined, isEndOfStream: boolean): void {
    const { openedMs, shared, wanted } = this.#options;
    const { rewriter } = shared;
    if (awaited === undefined) {
      const resolved = rewriter?.resolve(request) ?? request;
      this.#reply(resolved, shared.decide(resolved), openedMs);
    } else {
      const { prompt } = awaited;
      const { held } = shared.fullDuplex;
      this.#state = { kind: 'held', body: new HeldBody({ request, wanted, prompt, held, rewriter }) };
    }
    if (isEndOfStream) this.#onRequestEnd();
  }

  get reservedEndpoint(): string | undefined {
    return this.#state.kind === 'routed' ? this.#state.reservation.address : undefined;
  }

  /** Nothing that this instance received has to go back any more. */
  get mayHalfClose(): boolean {
    return !this.#isRequestOpen && !this.#options.bodies.response;
  }

  onMessage(kind: ProcessingRequestKind, reader: ProcessingRequestReader): void {
    if (kind === 'request_body') this.#onBody(kind, reader.bodyBytes(), reader.isEndOfStream);
    else if (kind === 'response_body') {
      this.#watch(reader);
      this.#onBody(kind, reader.bodyBytes(), reader.isEndOfStream);
    } else if (kind === 'request_trailers') {
      this.#settle(true);
      this.#options.stream.reply(continueReply(kind));
      this.#onRequestEnd();
    } else {
      this.#sawResponse = true;
      const routed = this.#state.kind === 'routed' ? this.#state : undefined;
      this.#options.stream.reply(responseReply(reader, routed, this.#options.shared.echoesServed));
      this.#watch(reader);
    }
  }

  onLongMessage(firstByte: number): MessageParts | undefined {
    const kind = bodyTags.get(firstByte);
    if (kind === undefined || !this.#isDuplex(kind)) return undefined;
    this.#partKind = kind;
    this.#reader = new BodyMessageReader(
      (bytes, start, end) => this.#onPiece(bytes.subarray(start, end)),
      kind,
    );
    return this;
  }

  onPart(bytes: Buffer, start: number, end: number): void {
    unlessMalformed(this.#options.onMalformed, () => this.#reader?.add(bytes, start, end));
  }

  onWhole(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    unlessMalformed(this.#options.onMalformed, () => {
      reader?.end();
      if (reader?.isEndOfStream) this.#onBody(this.#partKind, Buffer.alloc(0), true);
    });
  }

  /** The decision has to do with what has come of the body. */
  settle(): void {
    this.#settle(false);
  }

  /** Frees what it holds. */
  close(how: StreamEnd): void {
    const { recorder, signals, fullDuplex } = this.#options.shared;
    const state = this.#state;
    this.#state = { kind: 'over' };
    if (state.kind === 'held') {
      state.body.take();
      recorder.body('missing');
    }
    if (state.kind !== 'routed') return;
    if (how === 'left') fullDuplex.left.add(state.reservation);
    else releaseRouted(state, how, signals);
  }

  #isDuplex(kind: BodyKind): boolean {
    const { bodies } = this.#options;
    return kind === 'request_body' ? bodies.request : bodies.response;
  }

  #onPiece(bytes: Buffer): void {
    const { signals } = this.#options.shared;
    const state = this.#state;
    if (this.#partKind === 'response_body' && state.kind === 'routed' && state.signal !== undefined) {
      signals?.onBody(state.signal, bytes, false);
    }
    this.#onBody(this.#partKind, bytes, false);
  }

  #onBody(kind: BodyKind, bytes: Buffer, isEnd: boolean): void {
    const { stream } = this.#options;
    if (this.#state.kind === 'over') return;
    if (kind === 'response_body') this.#sawResponse = true;
    if (!this.#isDuplex(kind)) stream.reply(continueReply(kind));
    else if (this.#state.kind === 'held') this.#hold(this.#state.body, bytes, isEnd);
    else sendBack(stream, kind, bytes, isEnd);
    if (isEnd && kind === 'request_body') this.#onRequestEnd();
  }

  #hold(body: HeldBody, bytes: Buffer, isEnd: boolean): void {
    body.add(bytes);
    if (isEnd) body.end();
    if (body.isEnough) this.#decideOn(body, isEnd);
  }

  #settle(isBodyOver: boolean): void {
    if (this.#state.kind !== 'held') return;
    const { body } = this.#state;
    if (isBodyOver) body.end();
    this.#decideOn(body, false);
  }

  #decideOn(body: HeldBody, isEnd: boolean): void {
    const { decide, nowMs, recorder } = this.#options.shared;
    const { missed, outcome } = body;
    const request = body.readRequest();
    const pieces = body.take(request);
    this.#state = { kind: 'over' };
    recorder.body(outcome);
    try {
      const decision: Decision = missed === undefined ? decide(request) : { kind: 'reject', why: missed };
      this.#reply(request, decision, nowMs());
    } catch (error) {
      recorder.undecided('internal-error');
      throw error;
    }
    const { stream } = this.#options;
    const last = pieces.length - 1;
    for (const [nth, piece] of pieces.entries())
      sendBack(stream, 'request_body', piece, isEnd && nth === last);
    if (isEnd && last < 0) sendBack(stream, 'request_body', Buffer.alloc(0), true);
  }

  #reply(request: SchedulingRequest, decision: Decision, arrivedMs: number): void {
    const { finish, shared, stream } = this.#options;
    const { recorder } = shared;
    if (decision.kind === 'route') {
      this.#state = beginRoute(shared, request, decision, arrivedMs, this.#leaves ? 'none' : 'body');
      stream.reply(routeReply(shared, request, decision, 'request_headers', wantsNothing));
    } else stream.reply(rejectionReply(shared, request, decision.why));
    recorder.decided(request, decision, arrivedMs);
    // Behind an immediate response Envoy expects nothing.
    if (decision.kind === 'reject') finish('end');
  }

  get #leaves(): boolean {
    const { bodies, shared } = this.#options;
    return bodies.response && shared.fullDuplex.responses === 'leave';
  }

  /** A response that has begun already is owed; then the stream stays until its end. */
  #onRequestEnd(): void {
    this.#isRequestOpen = false;
    if (this.#state.kind === 'routed' && this.#leaves && !this.#sawResponse) this.#options.finish('left');
  }

  #watch(reader: ProcessingRequestReader): void {
    if (this.#state.kind === 'routed') watchResponse(reader, this.#state, this.#options.shared.signals);
  }
}
