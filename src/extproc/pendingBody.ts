import type { MessageParts } from '../grpc/serverStream.ts';
import type { MalformedMessage } from '../proto/wire/wireReader.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Rejection, Route } from '../scheduling/decision.ts';
import type { Reservation } from '../scheduling/reservation.ts';
import type { ResponseWatch } from '../signals/responseWatch.ts';
import { BodyMessageReader } from './bodyMessageReader.ts';
import type { BodyPhase } from './bodyPhase.ts';
import type { DecisionRecorder } from './decisionRecorder.ts';
import type { KeptBody } from './keptBody.ts';
import type { RewritableBody } from './modelRewriter.ts';
import { ScannedBody, type ScannedBodyOptions } from './scannedBody.ts';
import { unlessMalformed } from './unlessMalformed.ts';

export interface PendingBodyOptions extends ScannedBodyOptions {
  /** Envoy sends it as a whole, with its length. */
  readonly isBuffered: boolean;
  /** The decision without the body. Envoy has it, and goes on with it if nothing follows. */
  readonly first: Route;
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
  readonly #scanned: ScannedBody;
  readonly #kept: KeptBody | undefined;
  readonly #reader = new BodyMessageReader((bytes, start, end) => this.#add(bytes.subarray(start, end)));
  #reservation: Reservation | undefined;

  constructor(options: PendingBodyOptions) {
    this.#options = options;
    const { bodies, first, isCertain, rewriter } = options;
    this.#kept = rewriter?.keep();
    this.#scanned = new ScannedBody(options);
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
    unlessMalformed(this.#options.onMalformed, () => this.#reader.add(bytes, start, end));
  }

  onWhole(): void {
    unlessMalformed(this.#options.onMalformed, () => {
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
    this.#scanned.add(bytes);
    this.#kept?.add(bytes);
  }

  #finish(isEnd: boolean): void {
    if (isEnd) this.#scanned.end();
    const { bodies, onRead, recorder, rewriter } = this.#options;
    bodies.arrivals.onBody();
    recorder.body(this.#scanned.outcome);
    // Not to count against its own request.
    this.#reservation?.release();
    const body = this.#rewritable();
    const request = this.#scanned.readRequest();
    const missed = this.#scanned.missed ?? rewriter?.refusal(request, body);
    try {
      onRead({ request, missed, body });
    } finally {
      this.#kept?.drop();
    }
  }

  #rewritable(): RewritableBody | undefined {
    const kept = this.#kept;
    if (kept === undefined) return undefined;
    const { model, modelSpan: span } = this.#scanned;
    return { model, span, kept, isBuffered: this.#options.isBuffered };
  }
}
