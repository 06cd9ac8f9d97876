import { PromptHasher } from '../../prefix/promptHasher.ts';
import type { BodyFormat } from '../../request/body/bodyFormats.ts';
import { BodyScan } from '../../request/body/bodyScan.ts';
import { lacksFacts } from '../../request/body/lacksFacts.ts';
import { readModelFromBody } from '../../request/body/readModelFromBody.ts';
import { withBody } from '../../request/body/withBody.ts';
import type { RequestHeaders } from '../../request/requestHeaders.ts';
import type { SchedulingRequest } from '../../request/schedulingRequest.ts';
import type { ModelRewriter } from '../modelRewriter.ts';

export interface HeldBodyOptions {
  /** What the headers say. */
  readonly request: SchedulingRequest;
  /** What is to be read of it. */
  readonly wanted: RequestHeaders;
  /** Its prompt is to be read; undefined: it is not. */
  readonly promptFormat: BodyFormat | undefined;
  readonly held: HeldBytes;
  /** undefined: no model is an alias. */
  readonly rewriter: ModelRewriter | undefined;
}

/** What the bodies may occupy together that wait for their decision. */
export class HeldBytes {
  readonly #limitBytes: number;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#limitBytes;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }
}

/**
 * The part of a request body that has come while the answer to the headers waits for it. It is
 * kept, because Envoy keeps no copy.
 */
export class HeldBody {
  readonly #options: HeldBodyOptions;
  readonly #prompt: PromptHasher | undefined;
  readonly #scan: BodyScan;
  #pieces: Buffer[] = [];
  #hasEnded = false;

  constructor(options: HeldBodyOptions) {
    this.#options = options;
    this.#prompt = options.promptFormat && new PromptHasher();
    this.#scan = new BodyScan(this.#prompt);
  }

  /** The request, with what is known of its body, and with the variant of an alias. */
  get request(): SchedulingRequest {
    const { promptFormat, rewriter } = this.#options;
    const read = this.#read();
    const request = rewriter?.resolve(read) ?? read;
    if (promptFormat === undefined) return request;
    const prompt = this.#prompt?.cuts(this.#scan, promptFormat, request.model);
    return prompt === undefined ? request : { ...request, prompt };
  }

  /** As with a body that Envoy buffers. */
  get outcome(): 'whole' | 'part' | 'invalid' {
    return this.#scan.state === 'open' ? 'part' : this.#scan.state;
  }

  get bytes(): number {
    return this.#scan.length;
  }

  /** More of it would not change the decision, or cannot be kept. */
  get isEnough(): boolean {
    if (this.#hasEnded || this.#scan.state !== 'open' || this.#options.held.isFull) return true;
    const { promptFormat, request, rewriter, wanted } = this.#options;
    if (promptFormat !== undefined || lacksFacts(this.#read(), wanted)) return false;
    return rewriter?.changesBodyOf(request) !== true || readModelFromBody(this.#scan) !== undefined;
  }

  /** @param bytes are copied */
  add(bytes: Buffer): void {
    this.#scan.add(bytes);
    if (bytes.length === 0) return;
    this.#pieces.push(Buffer.from(bytes));
    this.#options.held.add(bytes.length);
  }

  end(): void {
    this.#hasEnded = true;
    this.#scan.end();
  }

  /**
   * Its pieces, which are kept no more.
   *
   * @param request the model of the body becomes that of this request, where it is an alias
   */
  take(request?: SchedulingRequest): readonly Buffer[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    for (const { length } of pieces) this.#options.held.add(-length);
    const model = request && this.#options.rewriter?.replacement(request, readModelFromBody(this.#scan));
    const span = this.#scan.span('model');
    if (model === undefined || span === undefined) return pieces;
    const body = Buffer.concat(pieces);
    return [body.subarray(0, span.start), model, body.subarray(span.end)];
  }

  #read(): SchedulingRequest {
    const { request, wanted } = this.#options;
    return withBody(request, this.#scan, wanted);
  }
}
