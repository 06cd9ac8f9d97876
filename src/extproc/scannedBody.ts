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
  /** Its prompt is to be read; undefined: it is not. */
  readonly promptFormat: BodyFormat | undefined;
}

/** What is read of a request body while it arrives. It keeps none of the bytes. */
export class ScannedBody {
  readonly #options: ScannedBodyOptions;
  readonly #prompt: PromptHasher | undefined;
  readonly #scan: BodyScan;

  constructor(options: ScannedBodyOptions) {
    this.#options = options;
    this.#prompt = options.promptFormat && new PromptHasher();
    this.#scan = new BodyScan(this.#prompt);
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
    return this.#options.promptFormat !== undefined || lacksFacts(this.#facts, this.#options.wanted);
  }

  /** Why it cannot be decided: what decides is not in the part that came. */
  get missed(): Rejection | undefined {
    const decides = this.#options.wanted.modelInBody === 'decides';
    if (!decides || this.outcome !== 'part' || this.#facts.model !== undefined) return undefined;
    return { kind: 'model-not-read', readBytes: this.bytes };
  }

  /** The request with what its body says. Chooses the variant of an alias, so call it once. */
  readRequest(): SchedulingRequest {
    const { promptFormat, rewriter } = this.#options;
    const facts = this.#facts;
    const request = rewriter?.resolve(facts) ?? facts;
    if (promptFormat === undefined) return request;
    const prompt = this.#prompt?.cuts(this.#scan, promptFormat, request.model);
    return prompt === undefined ? request : { ...request, prompt };
  }

  get #facts(): SchedulingRequest {
    return withBody(this.#options.request, this.#scan, this.#options.wanted);
  }
}
