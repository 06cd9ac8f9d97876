/** @import { History, Segment } from './history.js' */
import { byId, element, reconcile, setClass, setShare, setText } from './dom.js';
import { timelineMs } from './history.js';
import { compareNames, duration } from './text.js';

const leastSpanMs = 60_000;

/**
 * The phases of each instance as lanes. They grow with the time that the page is open.
 *
 * @param {History} history
 */
export function showTimeline({ phases, openedMs, nowMs }) {
  const spanMs = Math.min(timelineMs, Math.max(leastSpanMs, nowMs - openedMs));
  const fromMs = nowMs - spanMs;
  setText(byId('timeline-span'), duration(spanMs));
  const lanes = [...phases].sort(([a], [b]) => compareNames(a, b));
  reconcile(
    byId('timeline'),
    lanes,
    ([id]) => id,
    ([id]) =>
      element('div', { class: 'lane' }, [
        element('span', {}, [id]),
        element('span', { class: 'track', role: 'img' }),
      ]),
    (lane, [id, segments]) => {
      const track = /** @type {HTMLElement} */ (lane.lastElementChild);
      const seen = segments.filter(({ toMs }) => toMs > fromMs);
      track.setAttribute('aria-label', `${id}: ${seen.map(({ phase }) => phase).join(', then ')}`);
      showSegments(track, seen, fromMs, spanMs);
    },
  );
}

/**
 * @param {HTMLElement} track
 * @param {readonly Segment[]} segments
 * @param {number} fromMs
 * @param {number} spanMs
 */
function showSegments(track, segments, fromMs, spanMs) {
  reconcile(
    track,
    segments,
    (segment) => String(segment.fromMs),
    () => element('i'),
    (made, segment) => {
      const startMs = Math.max(segment.fromMs, fromMs);
      setClass(made, segment.phase);
      setShare(made, 'left', (startMs - fromMs) / spanMs);
      // A phase of a moment is seen all the same.
      setShare(made, 'width', Math.max(0.003, (segment.toMs - startMs) / spanMs));
    },
  );
}
