/** @import { DecisionsReport, ExplainedDecision } from '../../../scheduling/decisionWatch.ts' */
import { byId, element, reconcile, setText } from './dom.js';
import { quantity, timeOfDay } from './text.js';

const intervalMs = 2_000;
const shown = 20;
/** The cheapest candidates; `/decisions` has more. */
const mostCandidates = 5;

/**
 * The last decisions with their explanations. The instance explains decisions only while someone
 * reads them, so they are read only while this part of the page is open and seen.
 */
export class Decisions {
  #details = /** @type {HTMLDetailsElement} */ (byId('decisions-details'));
  #timer = /** @type {number | undefined} */ (undefined);

  constructor() {
    this.#details.addEventListener('toggle', () => this.#startOrStop());
    document.addEventListener('visibilitychange', () => this.#startOrStop());
  }

  #startOrStop() {
    window.clearInterval(this.#timer);
    this.#timer = undefined;
    if (!this.#details.open || document.hidden) return;
    this.#timer = window.setInterval(() => this.#read(), intervalMs);
    this.#read();
  }

  async #read() {
    try {
      const answer = await fetch(`decisions?last=${shown}`);
      if (!answer.ok) throw new Error(`it answered ${answer.status}`);
      show(/** @type {DecisionsReport} */ (await answer.json()));
    } catch {
      setText(byId('decisions-state'), 'The instance does not answer.');
    }
  }
}

/** @param {DecisionsReport} report */
function show({ decisions, leftOut }) {
  const many =
    leftOut === 0 ? '' : `; ${quantity(leftOut)} were left out, because there were too many in a second`;
  const text =
    decisions.length === 0
      ? 'Decisions are explained while this is open. There is none yet.'
      : `The last ${decisions.length}, the newest first${many}.`;
  setText(byId('decisions-state'), text);
  reconcile(
    byId('decisions'),
    decisions.toReversed(),
    ({ sequence, at }) => `${sequence} ${at}`,
    (decision) =>
      element('li', {}, [
        element('time', { datetime: decision.at }, [timeOfDay(decision.at)]),
        element('b', {}, [decision.pick ?? 'refused']),
        ` ${decision.why}`,
        element('pre', {}, [explained(decision)]),
      ]),
    () => {},
  );
}

/** @param {ExplainedDecision} decision */
function explained({ facts, policy, ready, filters, costs, candidates }) {
  const known = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  const cheapest = costs.slice(0, mostCandidates).map(({ address, cost, inFlight }) => {
    const price = cost === null ? '' : ` at ${Number(cost.toPrecision(3))}`;
    return `${address}${price} (${quantity(inFlight)} in flight)`;
  });
  return [
    `policy ${policy ?? 'unknown'}; ${known.join(', ') || 'asks for nothing in particular'}`,
    `${ready} ready${filters.map(({ filter, left }) => ` → ${filter} leaves ${left}`).join('')}`,
    `${candidates} candidates: ${cheapest.join(', ')}${costs.length > cheapest.length ? ', …' : ''}`,
  ].join('\n');
}
