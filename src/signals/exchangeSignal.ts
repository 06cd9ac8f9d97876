import { EventScan } from './eventScan.ts';
import { failed, good, neutral, type ResponseVerdict, verdictOfStatus } from './failure.ts';
import type { ResponseWatch } from './responseWatch.ts';

/** A complete body of 200 that is no answer: nothing, or the end mark of a stream alone. */
const noContent = /^\s*(?:data: ?\[DONE\]\s*)?$/;
const longestNoContent = 32;

/**
 * Follows the response of one exchange, as far as Envoy sends it, until it says something about the
 * pod. Nothing here is called for an exchange whose response Envoy does not send.
 */
export class ExchangeSignal {
  readonly address: string;
  readonly startMs: number;
  readonly watch: ResponseWatch;
  readonly isTrial: boolean;
  /**
   * An answer without content is none: the request is a POST. Others ask for nothing (HEAD,
   * OPTIONS) or may get it (GET of a health page). Set where the response is watched.
   */
  expectsContent = false;
  /** Where the request was served, as Envoy reports it. */
  served: string | undefined;
  /** Reported already. */
  isDecided = false;
  /** Good so far. The rest of its body may still show otherwise. */
  isGoodSoFar = false;
  #scan: EventScan | undefined;
  #bytes = 0;
  #head = '';
  #isComplete = false;
  #sawHeaders = false;

  constructor(address: string, startMs: number, watch: ResponseWatch, isTrial: boolean) {
    this.address = address;
    this.startMs = startMs;
    this.watch = watch;
    this.isTrial = isTrial;
  }

  /** @returns a verdict, or undefined while the body must decide */
  onHeaders(
    status: number | undefined,
    served: string | undefined,
    isEnd: boolean,
  ): ResponseVerdict | undefined {
    this.#sawHeaders = true;
    this.served = served;
    this.#isComplete = isEnd;
    if (status !== undefined) {
      const verdict = verdictOfStatus(status);
      if (verdict.kind !== 'good') return verdict;
      if (isEnd) return status === 200 ? this.#verdictOfNothing : neutral;
    }
    if (this.watch === 'body') return undefined;
    return status === undefined ? neutral : good;
  }

  /**
   * @param isPastEarly the exchange has lasted longer than one that fails fast
   * @returns a verdict, or undefined while the rest must decide
   */
  onBody(part: Buffer, isEnd: boolean, isPastEarly: boolean): ResponseVerdict | undefined {
    this.#bytes += part.length;
    if (this.#bytes <= longestNoContent) this.#head += part.toString('latin1');
    this.#scan ??= new EventScan();
    const error = this.#scan.errorIn(part);
    if (error === 'client') return neutral;
    if (error === 'pod') return failed(isPastEarly ? 'error-late' : 'error-event');
    if (!isEnd) return undefined;
    this.#isComplete = true;
    const isEmpty = this.#bytes <= longestNoContent && noContent.test(this.#head);
    return isEmpty ? this.#verdictOfNothing : good;
  }

  /** Trailers follow a complete body, which may be empty then: gRPC puts its status there. */
  onTrailers(): ResponseVerdict {
    this.#isComplete = true;
    return good;
  }

  get #verdictOfNothing(): ResponseVerdict {
    return this.expectsContent ? failed('empty') : neutral;
  }

  /** Its body was followed, and the exchange ended before it was complete. */
  get isIncomplete(): boolean {
    return this.watch === 'body' && this.#sawHeaders && !this.#isComplete;
  }
}
