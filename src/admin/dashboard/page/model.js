/** @import { FeedMessage, PodRow } from '../feedMessage.ts' */
import { History } from './history.js';

const mostEvents = 200;

/** What the page shows, put together from the messages of the feed. */
export class Model {
  /** The last message; its rows and events are only those that changed. */
  message = /** @type {FeedMessage | undefined} */ (undefined);
  /** By address, in the order of the pool. */
  rows = /** @type {Map<string, PodRow>} */ (new Map());
  /** Oldest first. */
  events = /** @type {FeedMessage['events'][number][]} */ ([]);
  history = new History();

  /** @param {FeedMessage} message */
  apply(message) {
    if (message.kind === 'full') {
      this.rows = new Map();
      this.events = [];
    }
    for (const row of message.rows) this.rows.set(row.address, row);
    for (const address of message.gone) this.rows.delete(address);
    this.events = [...this.events, ...message.events].slice(-mostEvents);
    this.message = message;
    this.history.add(message);
  }
}
