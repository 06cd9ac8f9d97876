/** @import { FeedMessage, PodRow } from '../feedMessage.ts' */
/** @import { Model } from './model.js' */
import { byId, element, setClass, setText } from './dom.js';
import { Sparkline } from './sparkline.js';
import { duration, latency, plural, quantity, rate } from './text.js';

/**
 * @typedef {object} Shown
 * @property {string} value
 * @property {string} more
 * @property {'' | 'good' | 'warning' | 'bad'} [level]
 */

/** One number that answers one question. */
class Tile {
  #tile;
  #value = element('b');
  #more = element('span');

  /**
   * @param {string} id
   * @param {string} title
   * @param {readonly Node[]} [below]
   */
  constructor(id, title, below = []) {
    const heading = element('h2', {}, [title]);
    this.#tile = element('div', { id: `tile-${id}`, class: 'tile' }, [
      heading,
      this.#value,
      this.#more,
      ...below,
    ]);
    byId('tiles').append(this.#tile);
  }

  /** @param {Shown} shown */
  show({ value, more, level = '' }) {
    setClass(this.#tile, `tile ${level}`);
    setText(this.#value, value);
    setClass(this.#value, value.length > 11 ? 'long' : '');
    setText(this.#more, more);
  }
}

export class Tiles {
  #routedLine = new Sparkline();
  #refusedLine = new Sparkline();
  #serving = new Tile('serving', 'Serving release');
  #pods = new Tile('pods', 'Pods in use');
  #sick = new Tile('sick', 'Sick pods');
  #routed = new Tile('routed', 'Requests a second', [this.#routedLine.element]);
  #refused = new Tile('refused', 'Refused a second', [this.#refusedLine.element]);
  #inFlight = new Tile('in-flight', 'In flight');
  #firstToken = new Tile('first-token', 'First token');
  #view = new Tile('view', 'Shared view');

  /**
   * @param {Model} model
   * @param {FeedMessage} message
   */
  update({ history, rows }, { state, verdict }) {
    this.#serving.show(servingShown(verdict));
    this.#pods.show(podsShown(verdict));
    this.#sick.show(sickShown(verdict));
    this.#routed.show({
      value: rate(history.routed.at(-1) ?? 0),
      more: `through ${state.instance.id}`,
    });
    this.#routedLine.update(history.routed);
    this.#refused.show(refusedShown(history.refused.at(-1) ?? 0, state.decisions.refused));
    this.#refusedLine.update(history.refused);
    this.#inFlight.show({
      value: quantity(verdict.pods.inFlight),
      more: `${plural(state.streams.open, 'stream')} open through ${state.instance.id}`,
    });
    this.#firstToken.show(firstTokenShown([...rows.values()]));
    this.#view.show(viewShown(state.store));
  }
}

/**
 * @param {FeedMessage['verdict']} verdict
 * @returns {Shown}
 */
function servingShown({ serving }) {
  const { generation, instances, pinnedGeneration, ready, releases } = serving;
  const pinned = pinnedGeneration === null ? '' : ', pinned';
  const order = generation === null ? '' : `generation ${generation}${pinned} · `;
  return {
    value: releases.join(', ') || 'none',
    more: `${order}${ready} of ${plural(instances, 'instance')} ready`,
    level: ready === 0 ? 'bad' : 'good',
  };
}

/**
 * @param {FeedMessage['verdict']} verdict
 * @returns {Shown}
 */
function podsShown({ pods }) {
  return {
    value: `${quantity(pods.used)} of ${quantity(pods.pods)}`,
    more: `${quantity(pods.ready)} ready`,
    level: pods.used === 0 ? 'bad' : pods.used < pods.pods ? 'warning' : 'good',
  };
}

/**
 * @param {FeedMessage['verdict']} verdict
 * @returns {Shown}
 */
function sickShown({ pods }) {
  const [worst] = pods.sick;
  if (worst === undefined)
    return { value: 'none', more: '0 quarantined, 0 fail their probes', level: 'good' };
  const others = pods.sickCount - 1;
  const more = others > 0 ? `, and ${others} more` : '';
  return {
    value: others > 0 ? quantity(pods.sickCount) : worst.address,
    more: others > 0 ? `${worst.address} ${worst.why}${more}` : worst.why,
    level: worst.isUsed ? 'bad' : 'warning',
  };
}

/**
 * @param {number} perSecond
 * @param {FeedMessage['state']['decisions']['refused']} byOutcome
 * @returns {Shown}
 */
function refusedShown(perSecond, byOutcome) {
  const kinds = Object.entries(byOutcome).sort(([, a], [, b]) => b - a);
  const text = kinds.slice(0, 3).map(([outcome, count]) => `${quantity(count)} ${outcome}`);
  return {
    value: rate(perSecond),
    more: kinds.length === 0 ? 'none since its start' : `${text.join(', ')} since its start`,
    level: perSecond > 0 ? 'bad' : '',
  };
}

/**
 * Of the pods whose engines say it: the median, since one sick pod says nothing of the others.
 *
 * @param {readonly PodRow[]} rows
 * @returns {Shown}
 */
function firstTokenShown(rows) {
  const waits = rows.flatMap(({ address, reading }) => {
    const ms = reading?.used ? (reading.firstTokenMs ?? null) : null;
    return ms === null ? [] : [{ address, ms }];
  });
  waits.sort((a, b) => a.ms - b.ms);
  const median = waits[Math.floor(waits.length / 2)];
  const slowest = waits.at(-1);
  if (median === undefined || slowest === undefined)
    return { value: 'not known', more: 'no engine says it, or is asked' };
  return { value: latency(median.ms), more: `slowest ${latency(slowest.ms)}, on ${slowest.address}` };
}

/**
 * @param {FeedMessage['state']['store']} store
 * @returns {Shown}
 */
function viewShown({ kind, leaseHeld, viewAgeMs, syncLagMs }) {
  if (kind === 'memory') return { value: 'of one', more: 'no etcd is configured: this instance is alone' };
  const lag = syncLagMs === null ? '' : `, p99 of the lag ${duration(syncLagMs.p99)}`;
  if (!leaseHeld) return { value: `${duration(viewAgeMs ?? 0)} old`, more: 'etcd is away', level: 'warning' };
  const age = viewAgeMs ?? 0;
  return {
    value: age === 0 ? 'current' : `${duration(age)} old`,
    more: `etcd joined${lag}`,
    level: age > 2_000 ? 'warning' : 'good',
  };
}
