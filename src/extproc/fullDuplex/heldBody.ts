import type { SchedulingRequest } from '../../request/schedulingRequest.ts';
import type { Rejection } from '../../scheduling/decision.ts';
import { ScannedBody, type ScannedBodyOptions } from '../scannedBody.ts';

export interface HeldBodyOptions extends ScannedBodyOptions {
  readonly held: HeldBytes;
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
  readonly #scanned: ScannedBody;
  #pieces: Buffer[] = [];
  #hasEnded = false;

  constructor(options: HeldBodyOptions) {
    this.#options = options;
    this.#scanned = new ScannedBody(options);
  }

  /** As with a body that Envoy buffers. */
  get outcome(): 'whole' | 'part' | 'invalid' {
    return this.#scanned.outcome;
  }

  get missed(): Rejection | undefined {
    return this.#scanned.missed;
  }

  readRequest(): SchedulingRequest {
    return this.#scanned.readRequest();
  }

  /** More of it would not change the decision, or cannot be kept. */
  get isEnough(): boolean {
    const { held, request, rewriter } = this.#options;
    if (this.#hasEnded || this.outcome !== 'part' || held.isFull) return true;
    if (this.#scanned.lacksFacts) return false;
    return rewriter?.changesBodyOf(request) !== true || this.#scanned.model !== undefined;
  }

  /** @param bytes are copied */
  add(bytes: Buffer): void {
    this.#scanned.add(bytes);
    if (bytes.length === 0) return;
    this.#pieces.push(Buffer.from(bytes));
    this.#options.held.add(bytes.length);
  }

  end(): void {
    this.#hasEnded = true;
    this.#scanned.end();
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
    const model = request && this.#options.rewriter?.replacement(request, this.#scanned.model);
    const span = this.#scanned.modelSpan;
    if (model === undefined || span === undefined) return pieces;
    const body = Buffer.concat(pieces);
    return [body.subarray(0, span.start), model, body.subarray(span.end)];
  }
}
