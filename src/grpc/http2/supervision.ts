import { type DeadlineKind, Deadlines, type Unfinished } from './deadlines.ts';
import { Keepalive, type KeepaliveOptions } from './keepalive.ts';

/** What a connection must do about its peer. */
export type PeerVerdict =
  | { readonly kind: 'nothing' | 'ping' | 'dead' | 'idle' }
  | { readonly kind: 'overdue'; readonly message: string };

const nothing: PeerVerdict = { kind: 'nothing' };

const verdicts: Readonly<Record<DeadlineKind, PeerVerdict>> = {
  preface: { kind: 'overdue', message: 'the preface is not complete' },
  frame: { kind: 'overdue', message: 'a frame is not complete' },
  headerBlock: { kind: 'overdue', message: 'a header block is not complete' },
  idle: { kind: 'idle' },
  leaving: { kind: 'dead' },
};

/** Finds a peer that is dead, that does not finish what it began, or that needs no connection. */
export class Supervision {
  readonly #keepalive: Keepalive;
  readonly #deadlines: Deadlines;

  constructor(options: KeepaliveOptions, nowMs: number) {
    this.#keepalive = new Keepalive(options, nowMs);
    this.#deadlines = new Deadlines(nowMs);
  }

  /** Called for each chunk that arrives. */
  onReceived(): void {
    this.#keepalive.onReceived();
  }

  /** @returns the time that counts for deadlines, in ms since the beginning */
  advance(nowMs: number): number {
    return this.#deadlines.advance(nowMs);
  }

  /** How long there has been no stream, as the last check saw it. */
  get idleMs(): number {
    return this.#deadlines.idleMs;
  }

  /** To be called about once a second, after `advance`. */
  check(nowMs: number, unfinished: Unfinished): PeerVerdict {
    const action = this.#keepalive.check(nowMs);
    if (action === 'close') return { kind: 'dead' };
    const overdue = this.#deadlines.overdue(unfinished);
    if (overdue !== undefined) return verdicts[overdue];
    return action === 'ping' ? { kind: 'ping' } : nothing;
  }
}
