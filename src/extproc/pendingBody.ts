import type { MessageParts } from '../grpc/serverStream.ts';
import { PromptHasher } from '../prefix/promptHasher.ts';
import { MalformedMessage } from '../proto/wire/wireReader.ts';
import type { BodyFormat } from '../request/body/bodyFormats.ts';
import { BodyScan } from '../request/body/bodyScan.ts';
import { withBody } from '../request/body/withBody.ts';
import type { RequestHeaders } from '../request/requestHeaders.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Route } from '../scheduling/decision.ts';
import type { Reservation } from '../scheduling/reservation.ts';
import type { ResponseWatch } from '../signals/responseWatch.ts';
import { BodyMessageReader } from './bodyMessageReader.ts';
import type { BodyPhase } from './bodyPhase.ts';
import type { DecisionRecorder } from './decisionRecorder.ts';

export interface PendingBodyOptions {
  /** What the headers say. */
  readonly request: SchedulingRequest;
  /** What is to be read of it. */
  readonly wanted: RequestHeaders;
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
  /** false: Envoy buffers no more of it. */
  readonly isWhole: boolean;
  readonly bytes: number;
}

/** The body of a request that Envoy was asked for. None of its bytes are kept. */
export class PendingBody implements MessageParts {
  readonly #options: PendingBodyOptions;
  readonly #prompt: PromptHasher | undefined;
  readonly #scan: BodyScan;
  readonly #reader = new BodyMessageReader((bytes, start, end) => this.#scan.add(bytes.subarray(start, end)));
  #reservation: Reservation | undefined;

  constructor(options: PendingBodyOptions) {
    this.#options = options;
    const { bodies, first, isCertain, promptFormat } = options;
    this.#prompt = promptFormat && new PromptHasher();
    this.#scan = new BodyScan(this.#prompt);
    if (!isCertain && !bodies.arrivals.areExpected) this.#reservation = bodies.reserve(first);
  }

  get watch(): ResponseWatch {
    return this.#options.watch;
  }

  get wanted(): RequestHeaders {
    return this.#options.wanted;
  }

  /** The exchange goes on without it: `first` is the decision. */
  settle(): Reservation {
    const { bodies, first, nowMs, recorder, request } = this.#options;
    const reservation = this.#reservation ?? bodies.reserve(first);
    this.#reservation = undefined;
    recorder.body('missing');
    recorder.decided(request, first, nowMs());
    return reservation;
  }

  /** The exchange has ended without it. */
  abandon(): void {
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
    this.#scan.add(body);
    this.#finish(isEnd);
  }

  #finish(isEnd: boolean): void {
    if (isEnd) this.#scan.end();
    const { bodies, onRead, recorder, request, wanted } = this.#options;
    const outcome = this.#scan.state === 'open' ? 'part' : this.#scan.state;
    bodies.arrivals.onBody();
    recorder.body(outcome);
    // Not to count against its own request.
    this.#reservation?.release();
    const read = this.#withPrompt(withBody(request, this.#scan, wanted));
    onRead({ request: read, isWhole: outcome !== 'part', bytes: this.#scan.length });
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
