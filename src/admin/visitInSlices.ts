import type { TurnQueue } from './turnQueue.ts';

/** The longest time that one slice may block the event loop. */
const sliceMs = 2;

/**
 * Visits the items in slices of 2 ms, each in a turn of its own.
 *
 * @param goesOn asked before each slice but the first
 * @returns false when `goesOn` ended it
 */
export async function visitInSlices<Item>(
  items: Iterable<Item>,
  turns: TurnQueue,
  visit: (item: Item) => void,
  goesOn: () => boolean,
): Promise<boolean> {
  let endMs = performance.now() + sliceMs;
  for (const item of items) {
    visit(item);
    if (performance.now() < endMs) continue;
    await turns.next();
    if (!goesOn()) return false;
    endMs = performance.now() + sliceMs;
  }
  return true;
}
