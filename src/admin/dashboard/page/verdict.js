/** @import { FeedMessage } from '../feedMessage.ts' */
import { byId, element, reconcile, setClass, setText } from './dom.js';

const mostShown = 6;

/**
 * The first thing on the page. It is announced to a screen reader, so it changes only with its
 * words.
 *
 * @param {FeedMessage} message
 */
export function showVerdict({ verdict }) {
  const { level, headline, problems } = verdict;
  setClass(byId('verdict'), `verdict ${level}`);
  setText(byId('headline'), headline);
  const shown = problems.slice(0, mostShown);
  const more = problems.length - shown.length;
  const lines = shown.map((problem) => ({
    level: /** @type {string} */ (problem.level),
    text: problem.text,
  }));
  if (more > 0) lines.push({ level: 'notice', text: `and ${more} more` });
  const list = byId('problems');
  list.hidden = lines.length === 0;
  reconcile(
    list,
    lines.map((line, index) => ({ ...line, index })),
    ({ index }) => String(index),
    () => element('li'),
    (made, line) => {
      setClass(made, line.level);
      setText(made, line.text);
    },
  );
}

/**
 * The instance does not answer: what is shown is old.
 *
 * @param {string} since
 * @param {boolean} wasDraining
 */
export function showLost(since, wasDraining) {
  const level = wasDraining ? 'notice' : 'bad';
  setClass(byId('verdict'), `verdict ${level}`);
  setText(
    byId('headline'),
    wasDraining ? 'This instance was draining, and has gone' : 'This instance does not answer',
  );
  const list = byId('problems');
  list.hidden = false;
  reconcile(
    list,
    [`What is below was read ${since}. The page goes on when an instance answers here again.`],
    () => '0',
    () => element('li'),
    setText,
  );
}
