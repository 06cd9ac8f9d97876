import type { HashingScheme } from '../prefix/hashingSchemes.ts';
import { PromptHasher } from '../prefix/promptHasher.ts';
import type { BodyFormat } from '../request/body/bodyFormats.ts';
import { BodyScan } from '../request/body/bodyScan.ts';
import type { BodySpan } from '../request/body/fieldValue.ts';
import { lacksFacts } from '../request/body/lacksFacts.ts';
import { readModelFromBody } from '../request/body/readModelFromBody.ts';
import { withBody } from '../request/body/withBody.ts';
import type { RequestHeaders } from '../request/requestHeaders.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Rejection } from '../scheduling/decision.ts';
import type { ModelRewriter } from './modelRewriter.ts';

export interface ScannedBodyOptions {
  /** What the headers say. */
  readonly request: SchedulingRequest;
  /** What is to be read of it. */
  readonly wanted: RequestHeaders;
  /** Its model may be an alias; undefined: none is. */
  readonly rewriter: ModelRewriter | undefined;
  /** How its prompt is read; undefined: it is not. */
  readonly prompt: PromptReading | undefined;
}

export interface PromptReading {
  readonly format: BodyFormat;
  /** How it is hashed: one scheme for its keys, and others by which it may be known. */
  readonly schemes: readonly HashingScheme[];
}

/** What is read of a request body while it arrives. It keeps none of the bytes. */
export class ScannedBody {
  readonly #options: ScannedBodyOptions;
  readonly #hasher: PromptHasher | undefined;
  readonly #scan: BodyScan;

  constructor(options: ScannedBodyOptions) {
    this.#options = options;
    this.#hasher = options.prompt && new PromptHasher(options.prompt.schemes);
    this.#scan = new BodyScan(this.#hasher);
  }

  add(bytes: Buffer): void {
    this.#scan.add(bytes);
  }

  end(): void {
    this.#scan.end();
  }

  get bytes(): number {
    return this.#scan.length;
  }

  get outcome(): 'whole' | 'part' | 'invalid' {
    return this.#scan.state === 'open' ? 'part' : this.#scan.state;
  }

  /** The value of its `model`. undefined: it has none, or not a whole one. */
  get model(): string | undefined {
    return readModelFromBody(this.#scan);
  }

  /** Where this value is. */
  get modelSpan(): BodySpan | undefined {
    return this.#scan.span('model');
  }

  /** More of it could change the decision. */
  get lacksFacts(): boolean {
    return this.#options.prompt !== undefined || lacksFacts(this.#facts, this.#options.wanted);
  }

  /** Why it cannot be decided: what decides is not in the part that came. */
  get missed(): Rejection | undefined {
    const decides = this.#options.wanted.modelInBody === 'decides';
    if (!decides || this.outcome !== 'part' || this.#facts.model !== undefined) return undefined;
    return { kind: 'model-not-read', readBytes: this.bytes };
  }

  /** The request with what its body says. Chooses the variant of an alias, so call it once. */
  readRequest(): SchedulingRequest {
    const { prompt: reading, rewriter } = this.#options;
    const facts = this.#facts;
    const request = rewriter?.resolve(facts) ?? facts;
    if (reading === undefined) return request;
    const prompt = this.#hasher?.cuts(this.#scan, reading.format, request.model);
    return prompt === undefined ? request : { ...request, prompt };
  }

  get #facts(): SchedulingRequest {
    return withBody(this.#options.request, this.#scan, this.#options.wanted);
  }
}
