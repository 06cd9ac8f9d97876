import { setImmediate as nextTurn } from 'node:timers/promises';

/** So long may work keep the event loop from everything else. */
const sliceMs = 5;

/**
 * Does work step by step, and lets the event loop run in between. Whatever the steps build takes
 * effect at their end, in one turn.
 */
export async function inSlices(steps: Iterable<unknown>): Promise<void> {
  let endMs = performance.now() + sliceMs;
  for (const _ of steps) {
    if (performance.now() < endMs) continue;
    await nextTurn();
    endMs = performance.now() + sliceMs;
  }
}
