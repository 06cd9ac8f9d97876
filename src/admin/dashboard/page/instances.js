/** @import { FeedMessage } from '../feedMessage.ts' */
import { byId, cell, element, reconcile, setClass, setShare, setText } from './dom.js';
import { compareNames, percent, quantity } from './text.js';

/**
 * @typedef {object} InstanceShown
 * @property {string} id
 * @property {string} release
 * @property {number} generation
 * @property {string} phase
 * @property {string} remark
 * @property {number} inFlight
 * @property {number} share of all requests in flight, 0 to 1
 */

/**
 * @param {FeedMessage} message
 * @param {number} local in flight through the instance that is read
 */
export function showInstances({ state }, local) {
  const { instance, peers, steering } = state;
  const total = peers.reduce((sum, { inFlight }) => sum + inFlight, local);
  const share = (/** @type {number} */ inFlight) => (total === 0 ? 0 : inFlight / total);
  const degraded = instance.degraded ? ['without etcd'] : [];
  const remarks = ['this one', ...degraded, ...(instance.withoutEndpoints ? ['no pod ready'] : [])];
  /** @type {InstanceShown[]} */
  const shown = [
    { ...instance, remark: remarks.join(', '), inFlight: local, share: share(local) },
    ...peers.map((peer) => ({
      ...peer,
      phase: peer.phase ?? 'unknown',
      remark: steering.unproven.includes(peer.id) ? 'not seen to serve' : '',
      share: share(peer.inFlight),
    })),
  ];
  // What differs from the usual is seen without scrolling.
  const rank = (/** @type {InstanceShown} */ { phase }) => (phase === 'ready' ? 1 : 0);
  shown.sort((a, b) => rank(a) - rank(b) || b.generation - a.generation || compareNames(a.id, b.id));
  reconcile(byId('instances'), shown, ({ id }) => id, createRow, updateRow);
}

/** @param {InstanceShown} shown */
function createRow({ id }) {
  const fill = element('i', { class: 'i0' });
  const bar = element('div', { class: 'bar' }, [
    element('span', { class: 'track', 'aria-hidden': 'true' }, [fill]),
    element('span', { class: 'value' }),
  ]);
  const name = element('th', { scope: 'row', role: 'rowheader' }, [
    id,
    ' ',
    element('span', { class: 'faint' }),
  ]);
  return element('tr', { role: 'row' }, [
    name,
    cell('Phase', '', [element('span')]),
    cell('Release'),
    cell('Generation', 'number'),
    cell('In flight', 'number'),
    cell('Share', '', [bar]),
  ]);
}

/**
 * @param {HTMLTableRowElement} row
 * @param {InstanceShown} shown
 */
function updateRow(row, { release, generation, phase, remark, inFlight, share }) {
  const [name, phaseCell, releaseCell, generationCell, inFlightCell, shareCell] = row.cells;
  setText(/** @type {Node} */ (name?.lastElementChild), remark === '' ? '' : `(${remark})`);
  const phaseText = /** @type {HTMLElement} */ (phaseCell?.firstElementChild);
  setClass(phaseText, `phase ${phase}`);
  setText(phaseText, phase);
  setText(/** @type {Node} */ (releaseCell), release);
  setText(/** @type {Node} */ (generationCell), String(generation));
  setText(/** @type {Node} */ (inFlightCell), quantity(inFlight));
  const fill = /** @type {HTMLElement} */ (shareCell?.querySelector('i'));
  setShare(fill, 'width', share);
  setText(/** @type {Node} */ (shareCell?.querySelector('.value')), percent(share));
}
