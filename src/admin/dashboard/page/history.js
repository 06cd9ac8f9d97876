/** @import { FeedMessage } from '../feedMessage.ts' */

const mostSamples = 180;
/** A gap between two messages that is longer is a time of which nothing is known. */
const longestGapMs = 5_000;
export const timelineMs = 15 * 60_000;

/**
 * @typedef {object} Segment
 * @property {string} phase
 * @property {number} fromMs unix time
 * @property {number} toMs
 */

/** What the page has seen since it was opened: rates for sparklines, phases for the timeline. */
export class History {
  /** Requests with a pod, per second. */
  routed = /** @type {number[]} */ ([]);
  /** Requests without. */
  refused = /** @type {number[]} */ ([]);
  /** By instance, oldest first. */
  phases = /** @type {Map<string, Segment[]>} */ (new Map());
  openedMs = Date.now();
  nowMs = this.openedMs;
  #before = /** @type {{ atMs: number, routed: number, refused: number, startedAt: string } | undefined} */ (
    undefined
  );

  /** @param {FeedMessage} message */
  add(message) {
    this.nowMs = Date.parse(message.at);
    this.#addRates(message);
    this.#addPhases(message);
  }

  /** @param {FeedMessage} message */
  #addRates({ atMs, state }) {
    const { routed, refused: byOutcome } = state.decisions;
    const refused = Object.values(byOutcome).reduce((sum, count) => sum + count, 0);
    const { startedAt } = state.instance;
    const before = this.#before;
    this.#before = { atMs, routed, refused, startedAt };
    if (before === undefined || before.startedAt !== startedAt || atMs <= before.atMs) return;
    const seconds = (atMs - before.atMs) / 1000;
    push(this.routed, (routed - before.routed) / seconds);
    push(this.refused, (refused - before.refused) / seconds);
  }

  /** @param {FeedMessage} message */
  #addPhases({ state, events }) {
    const { instance, peers } = state;
    this.#backfill(instance.id, events);
    for (const { id, phase } of [instance, ...peers]) this.#extend(id, phase ?? 'unknown');
    for (const [id, segments] of this.phases) {
      const kept = segments.filter(({ toMs }) => toMs > this.nowMs - timelineMs);
      if (kept.length > 0) this.phases.set(id, kept);
      else this.phases.delete(id);
    }
  }

  /**
   * @param {string} id
   * @param {string} phase
   */
  #extend(id, phase) {
    const segments = this.phases.get(id) ?? [];
    this.phases.set(id, segments);
    const last = segments.at(-1);
    const isFollowed = last !== undefined && this.nowMs - last.toMs <= longestGapMs;
    if (last !== undefined && isFollowed) last.toMs = this.nowMs;
    if (last === undefined || !isFollowed || last.phase !== phase)
      segments.push({ phase, fromMs: this.nowMs, toMs: this.nowMs });
  }

  /**
   * The phases of the instance that is read, from its own events.
   *
   * @param {string} id
   * @param {FeedMessage['events']} events
   */
  #backfill(id, events) {
    const segments = this.phases.get(id) ?? [];
    this.phases.set(id, segments);
    for (const { kind, at, fields } of events) {
      const fromMs = Date.parse(at);
      const last = segments.at(-1);
      if (kind !== 'phase' || typeof fields.to !== 'string' || fromMs < (last?.toMs ?? 0)) continue;
      if (last !== undefined && fields.from === last.phase) last.toMs = fromMs;
      segments.push({ phase: fields.to, fromMs, toMs: fromMs });
    }
    const last = segments.at(-1);
    if (last !== undefined && events.length > 0) last.toMs = Math.max(last.toMs, this.nowMs);
  }
}

/**
 * @param {number[]} samples
 * @param {number} value
 */
function push(samples, value) {
  samples.push(Math.max(0, value));
  if (samples.length > mostSamples) samples.shift();
}
