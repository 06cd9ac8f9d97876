/** @import { PodRow } from '../feedMessage.ts' */
/** @import { Model } from './model.js' */
import { byId, cell, element, reconcile, setClass, setText } from './dom.js';
import { InFlightBars } from './inFlightBars.js';
import { compareNames, duration, latency, percent, plural, quantity } from './text.js';

const rowsOnPage = 25;

/** @typedef {{ text: string, why: string, level: '' | 'warning' | 'bad', rank: number }} PodState */

/**
 * What is to be said of a pod, and how bad it is.
 *
 * @param {PodRow} row
 * @returns {PodState}
 */
export function podState({ ready, fault, health, quarantine }) {
  const probes = fault === null ? '' : `fails its probes: ${fault}`;
  if (health === 'quarantined') {
    const isExcluded = quarantine?.excluded !== false;
    const next = quarantine === null ? '' : `, next trial in ${duration(quarantine.remainingMs)}`;
    const by = quarantine?.foundBy ? `, found by ${quarantine.foundBy}` : '';
    const used = isExcluded ? '' : ', used all the same: too many are in quarantine';
    const why = `${quarantine?.reason ?? ''}${next}${by}${used}`;
    const both = probes === '' ? why : `${why}; ${probes}`;
    return {
      text: 'quarantined',
      why: both,
      level: isExcluded ? 'warning' : 'bad',
      rank: isExcluded ? 2 : 0,
    };
  }
  if (fault !== null) {
    return ready
      ? { text: 'in use, failing', why: probes, level: 'bad', rank: 1 }
      : { text: 'out', why: probes, level: 'warning', rank: 2 };
  }
  if (health === 'trial')
    return { text: 'on trial', why: quarantine?.reason ?? '', level: 'warning', rank: 3 };
  if (!ready) return { text: 'not ready', why: 'no probe has passed yet', level: '', rank: 4 };
  if (health === 'suspected')
    return { text: 'ready, suspected', why: 'a response failed', level: '', rank: 5 };
  return { text: 'ready', why: '', level: '', rank: 6 };
}

/**
 * What its engine said of itself, and whether decisions count by it.
 *
 * @param {PodRow} row
 * @returns {string}
 */
function engineText({ reading, countedBy, load }) {
  const counted = countedBy === 'exact' ? [] : [`counted as ${quantity(load)} (${countedBy})`];
  if (reading === null) return counted.join();
  const { waiting, kvUse, ageMs, used } = reading;
  const parts = [
    ...(waiting === null ? [] : [`${quantity(waiting)} wait`]),
    ...(kvUse === null ? [] : [`KV ${percent(kvUse)}`]),
    ...counted,
    ...(used ? [] : [`${duration(ageMs)} old`]),
  ];
  return parts.join(', ');
}

/** The table of pods: the sick ones first, one page at a time. */
export class Pods {
  #filter = /** @type {HTMLInputElement} */ (byId('pod-filter'));
  #onlySick = /** @type {HTMLInputElement} */ (byId('pod-sick'));
  #page = 0;
  /** @type {{ by: string, isDescending: boolean }} */
  #sort = { by: 'state', isDescending: false };
  #bars = new InFlightBars();
  #show;

  /** @param {() => void} show draws the page again */
  constructor(show) {
    this.#show = show;
    for (const input of [this.#filter, this.#onlySick])
      input.addEventListener('input', () => this.#turnTo(0));
    byId('pod-previous').addEventListener('click', () => this.#turnTo(this.#page - 1));
    byId('pod-next').addEventListener('click', () => this.#turnTo(this.#page + 1));
    for (const button of document.querySelectorAll('button[data-sort]'))
      button.addEventListener('click', () => this.#sortBy(button.getAttribute('data-sort') ?? 'state'));
  }

  /** @param {Model} model */
  update({ rows, message }) {
    const states = new Map([...rows.values()].map((row) => [row, podState(row)]));
    const found = this.#found(states);
    const pages = Math.max(1, Math.ceil(found.length / rowsOnPage));
    this.#page = Math.min(Math.max(0, this.#page), pages - 1);
    const shown = found.slice(this.#page * rowsOnPage, (this.#page + 1) * rowsOnPage);
    this.#bars.begin(message?.columns ?? [], rows.values());
    reconcile(
      byId('pod-rows'),
      shown,
      ({ address }) => address,
      (row) => this.#createRow(row),
      (made, row) => this.#updateRow(made, row, states.get(row) ?? podState(row)),
    );
    this.#showPages(found.length, rows.size, pages);
    this.#showSort();
  }

  /**
   * @param {ReadonlyMap<PodRow, PodState>} states
   * @returns {PodRow[]}
   */
  #found(states) {
    const wanted = this.#filter.value.trim().toLowerCase();
    const found = [...states].filter(([{ address, models }, { level, text, why }]) => {
      if (this.#onlySick.checked && level === '') return false;
      return `${address} ${models.join(' ')} ${text} ${why}`.toLowerCase().includes(wanted);
    });
    const { by, isDescending } = this.#sort;
    const sign = isDescending ? -1 : 1;
    found.sort(([a, stateA], [b, stateB]) => {
      const order = by === 'state' ? stateA.rank - stateB.rank : by === 'view' ? a.view - b.view : 0;
      return sign * (order || compareNames(a.address, b.address));
    });
    return found.map(([row]) => row);
  }

  /** @param {number} page */
  #turnTo(page) {
    this.#page = page;
    this.#show();
  }

  /** @param {string} by */
  #sortBy(by) {
    // The busiest first is what one wants to see.
    const isFirst = this.#sort.by !== by;
    this.#sort = { by, isDescending: isFirst ? by === 'view' : !this.#sort.isDescending };
    this.#turnTo(0);
  }

  #showSort() {
    for (const button of document.querySelectorAll('button[data-sort]')) {
      const { by, isDescending } = this.#sort;
      const order =
        button.getAttribute('data-sort') !== by ? 'none' : isDescending ? 'descending' : 'ascending';
      const head = button.parentElement;
      if (head?.getAttribute('aria-sort') !== order) head?.setAttribute('aria-sort', order);
    }
  }

  /**
   * @param {number} found
   * @param {number} all
   * @param {number} pages
   */
  #showPages(found, all, pages) {
    byId('pod-none').hidden = found > 0;
    setText(byId('pod-none'), all === 0 ? 'The pool has no pod.' : 'No pod fits.');
    byId('pod-pages').hidden = pages < 2;
    const of = found === all ? '' : `, of ${quantity(all)} in all`;
    setText(byId('pod-page'), `page ${this.#page + 1} of ${pages}: ${plural(found, 'pod')}${of}`);
    /** @type {HTMLButtonElement} */ (byId('pod-previous')).disabled = this.#page === 0;
    /** @type {HTMLButtonElement} */ (byId('pod-next')).disabled = this.#page >= pages - 1;
  }

  /** @param {PodRow} row */
  #createRow({ address }) {
    return element('tr', { role: 'row' }, [
      element('th', { scope: 'row', role: 'rowheader' }, [address]),
      cell('State', 'state'),
      cell('Why'),
      cell('In flight', '', [this.#bars.create()]),
      cell('Engine'),
      cell('Cache hits', 'number'),
      cell('First token', 'number'),
      cell('Models'),
      cell('Weight', 'number'),
    ]);
  }

  /**
   * @param {HTMLTableRowElement} made
   * @param {PodRow} row
   * @param {PodState} state
   */
  #updateRow(made, row, { text, why, level }) {
    const [, state, reason, inFlight, engine, cacheHits, firstToken, models, weight] = made.cells;
    const { cacheHitRate = null, firstTokenMs = null } = row.reading ?? {};
    setClass(made, level);
    setText(/** @type {Node} */ (state), text);
    setText(/** @type {Node} */ (reason), why);
    this.#bars.update(/** @type {HTMLElement} */ (inFlight?.firstElementChild), row);
    setText(/** @type {Node} */ (engine), engineText(row));
    setText(/** @type {Node} */ (cacheHits), cacheHitRate === null ? '' : percent(cacheHitRate));
    setText(/** @type {Node} */ (firstToken), firstTokenMs === null ? '' : latency(firstTokenMs));
    setText(/** @type {Node} */ (models), row.models.join(', '));
    setText(/** @type {Node} */ (weight), quantity(row.weight));
  }
}
