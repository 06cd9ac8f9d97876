/** @import { PodRow } from '../feedMessage.ts' */
import { byId, element, reconcile, setShare, setText } from './dom.js';
import { quantity } from './text.js';

/** Colours that are told apart; what the last stands for is the rest. */
const mostColours = 6;

/** What a pod has in flight, by instance: a stacked bar. The busiest instances have a colour. */
export class InFlightBars {
  /** By the nth colour: a name, and the columns that it stands for. */
  #colours = /** @type {{ name: string, columns: number[] }[]} */ ([]);
  #most = 1;

  /**
   * To be called before rows are updated.
   *
   * @param {readonly string[]} columns
   * @param {Iterable<PodRow>} rows
   */
  begin(columns, rows) {
    const totals = columns.map(() => 0);
    this.#most = 1;
    for (const { by, view } of rows) {
      this.#most = Math.max(this.#most, view);
      by.forEach((count, nth) => {
        totals[nth] = (totals[nth] ?? 0) + count;
      });
    }
    // The instance that is read keeps its colour.
    const peers = [...columns.keys()].slice(1).sort((a, b) => (totals[b] ?? 0) - (totals[a] ?? 0));
    const order = columns.length === 0 ? [] : [0, ...peers];
    const named = order.length > mostColours ? order.slice(0, mostColours - 1) : order;
    // By name, so that colours stay where they are while loads change.
    const first = named.slice(0, 1);
    const others = named.slice(1).sort((a, b) => a - b);
    this.#colours = [...first, ...others].map((nth) => ({ name: columns[nth] ?? '', columns: [nth] }));
    const rest = order.slice(named.length);
    if (rest.length > 0) this.#colours.push({ name: `${rest.length} others`, columns: rest });
    this.#showLegend();
  }

  create() {
    return element('div', { class: 'bar' }, [
      element('span', { class: 'track', role: 'img' }),
      element('span', { class: 'value' }),
    ]);
  }

  /**
   * @param {HTMLElement} bar
   * @param {PodRow} row
   */
  update(bar, { by, view }) {
    const track = /** @type {HTMLElement} */ (bar.firstElementChild);
    const parts = this.#colours.map(({ name, columns }) => ({
      name,
      count: columns.reduce((sum, nth) => sum + (by[nth] ?? 0), 0),
    }));
    reconcile(
      track,
      parts.map((part, nth) => ({ ...part, nth })),
      ({ nth }) => String(nth),
      ({ nth }) => element('i', { class: `i${nth}` }),
      (made, { count }) => setShare(made, 'width', count / this.#most),
    );
    const words = parts
      .filter(({ count }) => count > 0)
      .map(({ name, count }) => `${name} ${quantity(count)}`);
    const label = words.join(', ') || 'nothing';
    if (track.title !== label) {
      track.title = label;
      track.setAttribute('aria-label', label);
    }
    setText(/** @type {Node} */ (bar.lastElementChild), quantity(view));
  }

  #showLegend() {
    reconcile(
      byId('pod-legend'),
      this.#colours.map(({ name }, nth) => ({ name, nth })),
      ({ nth }) => String(nth),
      ({ nth }) => element('span', {}, [element('i', { class: `i${nth}` }), document.createTextNode('')]),
      (made, { name }) => setText(/** @type {Node} */ (made.lastChild), name),
    );
  }
}
