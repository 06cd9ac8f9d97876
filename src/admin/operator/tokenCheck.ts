import { createHash, timingSafeEqual } from 'node:crypto';

export type TokenVerdict = 'right' | 'missing' | 'wrong' | 'too-many';

/** From one address, within the time below. */
const mostWrong = 5;
export const wrongTokenMs = 60_000;
/** Of addresses that sent a wrong one. Beyond that the oldest is forgotten. */
const mostAddresses = 1_024;

interface Failures {
  count: number;
  readonly sinceMs: number;
}

/**
 * Checks the header `authorization: Bearer …` in constant time. An address that sent five wrong
 * tokens within a minute gets no answer about a token, right or wrong, until the minute is over; so
 * no client keeps those of other addresses out.
 */
export class TokenCheck {
  readonly #expected: () => string | undefined;
  readonly #nowMs: () => number;
  /** By address, the oldest first. */
  readonly #failures = new Map<string, Failures>();

  /** @param expected asked each time; undefined while it cannot be read: no token is right */
  constructor(expected: () => string | undefined, nowMs: () => number) {
    this.#expected = expected;
    this.#nowMs = nowMs;
  }

  check(header: string | undefined, address: string): TokenVerdict {
    const [, given] = /^Bearer +(\S+) *$/i.exec(header ?? '') ?? [];
    if (given === undefined) return 'missing';
    const failures = this.#failuresOf(address);
    if (failures !== undefined && failures.count >= mostWrong) return 'too-many';
    const expected = this.#expected();
    if (expected !== undefined && isSame(given, expected)) {
      this.#failures.delete(address);
      return 'right';
    }
    if (failures === undefined) this.#add(address);
    else failures.count += 1;
    return 'wrong';
  }

  #failuresOf(address: string): Failures | undefined {
    const failures = this.#failures.get(address);
    if (failures === undefined || this.#nowMs() - failures.sinceMs < wrongTokenMs) return failures;
    this.#failures.delete(address);
    return undefined;
  }

  #add(address: string): void {
    const [oldest] = this.#failures.keys();
    if (oldest !== undefined && this.#failures.size >= mostAddresses) this.#failures.delete(oldest);
    this.#failures.set(address, { count: 1, sinceMs: this.#nowMs() });
  }
}

/** By their digests, which have the same length. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
