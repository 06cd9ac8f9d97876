/**
 * Whole, or with one decimal where stale counts decay.
 *
 * @param {number} count
 */
export function quantity(count) {
  return Number.isInteger(count) ? count.toLocaleString('en') : count.toFixed(1);
}

/** @param {number} perSecond */
export function rate(perSecond) {
  if (perSecond === 0) return '0';
  return perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en');
}

/** @param {number} ms */
export function duration(ms) {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

/**
 * How long clients wait: tenths of a second count.
 *
 * @param {number} ms
 */
export function latency(ms) {
  return ms >= 1_000 && ms < 9_950 ? `${(ms / 1_000).toFixed(1)} s` : duration(ms);
}

/** @param {number} share 0 to 1 */
export function percent(share) {
  return `${Math.round(share * 100)} %`;
}

/** @param {string} iso */
export function timeOfDay(iso) {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : at.toLocaleTimeString('en-GB');
}

/**
 * @param {number} count
 * @param {string} noun
 */
export function plural(count, noun) {
  return `${quantity(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Numbers in names are compared as numbers. */
export const compareNames = new Intl.Collator('en', { numeric: true }).compare;
