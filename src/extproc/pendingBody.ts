import type { MessageParts } from '../grpc/serverStream.ts';
import { PromptHasher } from '../prefix/promptHasher.ts';
import { MalformedMessage } from '../proto/wire/wireReader.ts';
import type { BodyFormat } from '../request/body/bodyFormats.ts';
import { BodyScan } from '../request/body/bodyScan.ts';
import { readModelFromBody } from '../request/body/readModelFromBody.ts';
import { withBody } from '../request/body/withBody.ts';
import type { RequestHeaders } from '../request/requestHeaders.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Rejection, Route } from '../scheduling/decision.ts';
import type { Reservation } from '../scheduling/reservation.ts';
import type { ResponseWatch } from '../signals/responseWatch.ts';
import { BodyMessageReader } from './bodyMessageReader.ts';
import type { BodyPhase } from './bodyPhase.ts';
import type { DecisionRecorder } from './decisionRecorder.ts';
import type { KeptBody } from './keptBody.ts';
import type { ModelRewriter, RewritableBody } from './modelRewriter.ts';

export interface PendingBodyOptions {
  /** What the headers say. */
  readonly request: SchedulingRequest;
  /** What is to be read of it. */
  readonly wanted: RequestHeaders;
  /** Its model may be an alias; undefined: none is. */
  readonly rewriter: ModelRewriter | undefined;
  /** Envoy sends it as a whole, with its length. */
  readonly isBuffered: boolean;
  /** The decision without the body. Envoy has it, and goes on with it if nothing follows. */
  readonly first: Route;
  /** Its prompt is to be read; undefined: it is not. */
  readonly promptFormat: BodyFormat | undefined;
  /** Envoy is certain to send the body: until then, `first` need not be reserved. */
  readonly isCertain: boolean;
  readonly bodies: Pick<BodyPhase, 'reserve' | 'arrivals'>;
  readonly recorder: Pick<DecisionRecorder, 'decided' | 'body'>;
  readonly nowMs: () => number;
  /** What Envoy was asked to send of the response. */
  readonly watch: ResponseWatch;
  /** The body has come, or as much of it as Envoy sends. */
  readonly onRead: (body: ReadBody) => void;
  readonly onMalformed: (error: MalformedMessage) => void;
}

/** What was read of a body. */
export interface ReadBody {
  readonly request: SchedulingRequest;
  /** What decides is not in the part that Envoy buffers, or cannot be used. */
  readonly missed: Rejection | undefined;
  /** undefined: it is not to be changed. */
  readonly body: RewritableBody | undefined;
}

/** The body of a request that Envoy was asked for. Its bytes are kept only to change it. */
export class PendingBody implements MessageParts {
  readonly #options: PendingBodyOptions;
  readonly #prompt: PromptHasher | undefined;
  readonly #scan: BodyScan;
  readonly #kept: KeptBody | undefined;
  readonly #reader = new BodyMessageReader((bytes, start, end) => this.#add(bytes.subarray(start, end)));
  #reservation: Reservation | undefined;

  constructor(options: PendingBodyOptions) {
    this.#options = options;
    const { bodies, first, isCertain, promptFormat, rewriter } = options;
    this.#kept = rewriter?.keep();
    this.#prompt = promptFormat && new PromptHasher();
    this.#scan = new BodyScan(this.#prompt);
    if (!isCertain && !bodies.arrivals.areExpected) this.#reservation = bodies.reserve(first);
  }

  get watch(): ResponseWatch {
    return this.#options.watch;
  }

  /** The exchange goes on without it: `first` is the decision. */
  settle(): Reservation {
    const { bodies, first, nowMs, recorder, request } = this.#options;
    this.#kept?.drop();
    const reservation = this.#reservation ?? bodies.reserve(first);
    this.#reservation = undefined;
    recorder.body('missing');
    recorder.decided(request, first, nowMs());
    return reservation;
  }

  /** The exchange has ended without it. */
  abandon(): void {
    this.#kept?.drop();
    if (this.#reservation === undefined) this.#options.recorder.body('missing');
    else this.settle().release();
    this.#options.bodies.arrivals.onMissing();
  }

  /** The endpoint that is reserved meanwhile. */
  get reservedEndpoint(): string | undefined {
    return this.#reservation?.address;
  }

  onPart(bytes: Buffer, start: number, end: number): void {
    this.#unlessMalformed(() => this.#reader.add(bytes, start, end));
  }

  onWhole(): void {
    this.#unlessMalformed(() => {
      this.#reader.end();
      this.#finish(this.#reader.isEndOfStream);
    });
  }

  /** The body in one piece. */
  read(body: Buffer, isEnd: boolean): void {
    this.#add(body);
    this.#finish(isEnd);
  }

  #add(bytes: Buffer): void {
    this.#scan.add(bytes);
    this.#kept?.add(bytes);
  }

  #finish(isEnd: boolean): void {
    if (isEnd) this.#scan.end();
    const { bodies, onRead, recorder, request, rewriter, wanted } = this.#options;
    const outcome = this.#scan.state === 'open' ? 'part' : this.#scan.state;
    bodies.arrivals.onBody();
    recorder.body(outcome);
    // Not to count against its own request.
    this.#reservation?.release();
    const body = this.#rewritable();
    const read = withBody(request, this.#scan, wanted);
    const resolved = rewriter?.resolve(read) ?? read;
    const isMissed = outcome === 'part' && read.model === undefined && wanted.modelInBody === 'decides';
    const missed = isMissed ? modelNotRead(this.#scan.length) : rewriter?.refusal(resolved, body);
    try {
      onRead({ request: this.#withPrompt(resolved), missed, body });
    } finally {
      this.#kept?.drop();
    }
  }

  #rewritable(): RewritableBody | undefined {
    const kept = this.#kept;
    if (kept === undefined) return undefined;
    const { isBuffered } = this.#options;
    return { model: readModelFromBody(this.#scan), span: this.#scan.span('model'), kept, isBuffered };
  }

  #withPrompt(request: SchedulingRequest): SchedulingRequest {
    const { promptFormat } = this.#options;
    if (promptFormat === undefined) return request;
    const prompt = this.#prompt?.cuts(this.#scan, promptFormat, request.model);
    return prompt === undefined ? request : { ...request, prompt };
  }

  #unlessMalformed(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.#options.onMalformed(error);
    }
  }
}

function modelNotRead(readBytes: number): Rejection {
  return { kind: 'model-not-read', readBytes };
}
