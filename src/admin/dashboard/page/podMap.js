/** @import { PodRow } from '../feedMessage.ts' */
import { byId, element, reconcile, setClass } from './dom.js';
import { podState } from './pods.js';

/** Fewer pods are seen in the table. */
const leastPods = 26;
const mostPods = 2_000;

/**
 * One square a pod, so that a sick one among a thousand is seen. The table below has the words.
 *
 * @param {readonly PodRow[]} rows in the order of the pool
 */
export function showPodMap(rows) {
  const map = byId('pod-map');
  map.hidden = rows.length < leastPods;
  if (map.hidden) return;
  const shown = rows.slice(0, mostPods);
  const most = shown.reduce((soFar, { view }) => Math.max(soFar, view), 1);
  reconcile(
    map,
    shown,
    ({ address }) => address,
    ({ address }) => element('i', { title: address }),
    (square, row) => {
      const { level } = podState(row);
      const health = level !== '' ? level : row.ready ? '' : 'unready';
      const load = Math.min(3, Math.floor((row.view / most) * 4));
      setClass(square, health === '' ? `load${load}` : health);
    },
  );
}
