import { hash } from 'node:crypto';
import { performance } from 'node:perf_hooks';

/** A message that occupies the event loop for so long holds up hundreds of others. */
export const heldMs = 100;
/** Then messages of its kind are refused. */
const failuresMost = 3;
const refusedMs = 10_000;
/** A failure is forgotten after so long. */
const rememberedMs = 60_000;
const kindsMost = 64;
/** Of a message, with its length, to tell its kind. */
const comparedBytes = 65_536;

export interface RepeatedFailuresOptions {
  /** Messages of one kind are refused from now on, for `forMs`. */
  readonly onBegin?: (kind: { readonly bytes: number; readonly forMs: number }) => void;
  /** One was refused. */
  readonly onRefused?: () => void;
  /** A monotonic clock. */
  readonly nowMs?: () => number;
  /** The processor time of this process. */
  readonly cpuMs?: () => number;
}

type State =
  | { readonly kind: 'suspected'; readonly bytes: number; readonly failures: number; readonly lastMs: number }
  | { readonly kind: 'refused'; readonly bytes: number; readonly untilMs: number };

/**
 * Messages that repeat what has failed. Three of one kind in a row that throw, or hold the event
 * loop for `heldMs`, and further ones are refused unread for ten seconds. One that succeeds clears
 * its kind, so what fails by chance is not refused. Of one kind are messages of the
 * same length that differ in digits and hexadecimal letters only: ids, dates, trace contexts.
 *
 * Until something fails nothing is computed. A message that ends the process leaves no memory.
 */
export class RepeatedFailures {
  readonly #options: Required<RepeatedFailuresOptions>;
  readonly #states = new Map<string, State>();
  /** Of the messages of all these kinds. */
  #lengths: ReadonlySet<number> = new Set();
  #isWatching = false;
  #watchedUntilMs = 0;

  constructor(options: RepeatedFailuresOptions = {}) {
    this.#options = { onBegin() {}, onRefused() {}, nowMs: () => performance.now(), cpuMs, ...options };
  }

  /** Something has failed: messages have to pass through `run`. */
  get isWatching(): boolean {
    return this.#isWatching;
  }

  /** Something may have held the event loop: what does is found if it repeats. */
  watch(): void {
    this.#isWatching = true;
    this.#watchedUntilMs = this.#options.nowMs() + rememberedMs;
  }

  /**
   * Handles a message, unless its kind is refused. Throws what `handle` throws; then `thrown` is to
   * be called.
   *
   * @returns whether it was handled
   */
  run(message: Uint8Array, handle: () => void): boolean {
    const { nowMs, cpuMs, onRefused } = this.#options;
    const beganMs = nowMs();
    if (beganMs >= this.#watchedUntilMs) this.#forgetAll();
    const kind = this.#lengths.has(message.length) ? kindOf(message) : undefined;
    const state = kind === undefined ? undefined : this.#states.get(kind);
    if (state?.kind === 'refused' && beganMs < state.untilMs) {
      onRefused();
      return false;
    }
    // Other processes may have taken the processor away. Read only for a suspect: it costs time.
    const beganCpuMs = kind === undefined ? Number.NEGATIVE_INFINITY : cpuMs();
    handle();
    if (nowMs() - beganMs >= heldMs && cpuMs() - beganCpuMs >= heldMs) this.#onFailure(message);
    else if (kind !== undefined) this.#states.delete(kind);
    return true;
  }

  /** The handler of this message threw this error. @returns the error */
  thrown<Thrown>(message: Uint8Array, error: Thrown): Thrown {
    this.#onFailure(message);
    return error;
  }

  #onFailure(message: Uint8Array): void {
    const { nowMs, onBegin } = this.#options;
    const { length: bytes } = message;
    this.watch();
    const kind = kindOf(message);
    const state = this.#states.get(kind);
    const isRepeated = state?.kind === 'suspected' && nowMs() - state.lastMs < rememberedMs;
    const failures = isRepeated ? state.failures + 1 : 1;
    // The newest is the last to be forgotten.
    this.#states.delete(kind);
    for (const oldest of this.#states.keys()) {
      if (this.#states.size < kindsMost) break;
      this.#states.delete(oldest);
    }
    if (failures < failuresMost) {
      this.#states.set(kind, { kind: 'suspected', bytes, failures, lastMs: nowMs() });
    } else {
      this.#states.set(kind, { kind: 'refused', bytes, untilMs: nowMs() + refusedMs });
      onBegin({ bytes, forMs: refusedMs });
    }
    this.#lengths = new Set([...this.#states.values()].map((each) => each.bytes));
  }

  #forgetAll(): void {
    this.#isWatching = false;
    this.#states.clear();
    this.#lengths = new Set();
  }
}

const [zero] = Buffer.from('0');
const folded = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[\da-f]/i.test(String.fromCharCode(byte)) ? (zero as number) : byte,
);

function kindOf(message: Uint8Array): string {
  const shape = Buffer.from(message.subarray(0, comparedBytes));
  for (let i = 0; i < shape.length; i += 1) shape[i] = folded[shape[i] as number] as number;
  return `${message.length} ${hash('sha256', shape)}`;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
