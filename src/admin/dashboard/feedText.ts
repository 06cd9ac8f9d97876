import { escapeControlsInLines } from '../../controlCharacters.ts';
import type { LifeEvent } from '../eventLog.ts';
import type { FeedMessage } from './feedMessage.ts';
import type { FeedReading } from './feedReading.ts';

/** By which page it is shown, and when it was made: for people and for rates. */
export type ReadingHead = Pick<FeedMessage, 'page' | 'at' | 'atMs' | 'hasOperator'>;

/** All of a reading, as a server-sent event. */
export function fullText(reading: FeedReading, head: ReadingHead, events: readonly LifeEvent[]): string {
  return eventText('full', reading, head, events, [...reading.rows.values()], []);
}

/** What differs from the reading before. */
export function changeText(
  reading: FeedReading,
  before: ReadonlyMap<string, string>,
  head: ReadingHead,
  newEvents: readonly LifeEvent[],
): string {
  const changed: string[] = [];
  for (const [address, row] of reading.rows) if (before.get(address) !== row) changed.push(row);
  const gone = [...before.keys()].filter((address) => !reading.rows.has(address));
  return eventText('change', reading, head, newEvents, changed, gone);
}

/** Rows are JSON already. JSON has no line feeds, so that the event is one line. */
function eventText(
  kind: FeedMessage['kind'],
  { state, verdict, columns }: FeedReading,
  head: ReadingHead,
  events: readonly LifeEvent[],
  rows: readonly string[],
  gone: readonly string[],
): string {
  const rest: Omit<FeedMessage, 'rows'> = { kind, ...head, state, verdict, columns, events, gone };
  const json = `${JSON.stringify(rest).slice(0, -1)},"rows":[${rows.join(',')}]}`;
  return `data: ${escapeControlsInLines(json)}\n\n`;
}
