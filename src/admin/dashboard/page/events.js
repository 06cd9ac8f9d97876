/** @import { Model } from './model.js' */
import { byId, element, reconcile } from './dom.js';
import { timeOfDay } from './text.js';

/**
 * The newest first.
 *
 * @param {Model} model
 */
export function showEvents({ events }) {
  byId('events-none').hidden = events.length > 0;
  reconcile(
    byId('events'),
    events.toReversed(),
    ({ sequence, at }) => `${sequence} ${at}`,
    ({ at, kind, message }) =>
      element('li', {}, [
        element('time', { datetime: at, title: at }, [timeOfDay(at)]),
        element('span', { class: 'kind' }, [kind]),
        message,
      ]),
    () => {},
  );
}
