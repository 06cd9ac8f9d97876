/** @import { FeedMessage } from '../feedMessage.ts' */
import { Decisions } from './decisions.js';
import { byId, element, setClass, setText } from './dom.js';
import { showEvents } from './events.js';
import { showInstances } from './instances.js';
import { Model } from './model.js';
import { Operator } from './operator.js';
import { showPodMap } from './podMap.js';
import { Pods } from './pods.js';
import { timeOfDay } from './text.js';
import { Tiles } from './tiles.js';
import { showTimeline } from './timeline.js';
import { showLost, showVerdict } from './verdict.js';

/**
 * The page: the feed goes into the model, and what the model has is drawn at the next frame, at most
 * once for each message. A page that is not seen draws nothing.
 */

/** The feed sends once a second. */
const lostAfterMs = 5_000;
const reconnectMs = 3_000;

const model = new Model();
const tiles = new Tiles();
const pods = new Pods(draw);
const operator = new Operator();
new Decisions();

let isDrawing = false;
let lastMessageMs = performance.now();

function draw() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    const { message } = model;
    if (message === undefined) return;
    const { instance } = message.state;
    const rows = [...model.rows.values()];
    setText(byId('self'), `${instance.id}, release ${instance.release}`);
    showPools(message.state.pools);
    if (!document.body.classList.contains('stale')) showVerdict(message);
    tiles.update(model, message);
    showInstances(
      message,
      rows.reduce((sum, { local }) => sum + local, 0),
    );
    showTimeline(model.history);
    showPodMap(rows);
    pods.update(model);
    showEvents(model);
    operator.update(message);
    // What is drawn is that of this reading, for tests.
    document.body.dataset.at = message.at;
  });
}

/** @param {FeedMessage} message */
function mark({ verdict }) {
  return { good: '✓', notice: '✓', warning: '!', bad: '✗' }[verdict.level];
}

/**
 * Links to the pages of the pools, where there are several; they do not change.
 *
 * @param {readonly string[]} pools
 */
function showPools(pools) {
  const nav = byId('pools');
  if (pools.length < 2 || !nav.hidden) return;
  nav.hidden = false;
  const [, shown = pools[0]] = /\/pools\/([^/]+)\/$/.exec(location.pathname) ?? [];
  const before = location.pathname.includes('/pools/') ? '../' : 'pools/';
  for (const name of pools) {
    const link = element('a', { href: `${before}${name}/` }, [name]);
    if (name === shown) link.setAttribute('aria-current', 'page');
    nav.append(link, ' ');
  }
}

/** @param {boolean} isLost */
function showConnection(isLost) {
  const connection = byId('connection');
  setClass(connection, isLost ? 'lost' : 'live');
  document.body.classList.toggle('stale', isLost);
  const at = model.message === undefined ? undefined : timeOfDay(model.message.at);
  if (!isLost) return setText(connection, 'live');
  setText(connection, at === undefined ? 'no answer' : `no answer since ${at}`);
  const phase = model.message?.state.instance.phase;
  showLost(at === undefined ? 'never' : `at ${at}`, phase === 'draining' || phase === 'stopped');
}

function connect() {
  const feed = new EventSource('dashboard/feed');
  feed.addEventListener('message', ({ data }) => {
    lastMessageMs = performance.now();
    const message = /** @type {FeedMessage} */ (JSON.parse(data));
    // Another release of Baton answers on this port, and its page may show more.
    if (model.message !== undefined && model.message.page !== message.page) location.reload();
    model.apply(message);
    document.title = `${mark(message)} ${message.state.instance.id} – Baton`;
    showConnection(false);
    draw();
  });
  feed.addEventListener('error', () => {
    showConnection(true);
    // After an answer that is no feed, a browser does not connect again by itself.
    if (feed.readyState === EventSource.CLOSED) setTimeout(connect, reconnectMs);
  });
}

connect();
// A connection that is silently gone raises no error.
setInterval(() => {
  if (performance.now() - lastMessageMs > lostAfterMs) showConnection(true);
}, 1_000);
