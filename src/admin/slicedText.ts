import { Readable } from 'node:stream';
import type { TurnQueue } from './turnQueue.ts';

/** So long may one slice keep the event loop from everything else. */
const sliceMs = 2;
/** A slice ends here as well. A client that does not read holds about two of them. */
const sliceCharacters = 16 * 1024;

/**
 * A text that is made while it is read: in slices of 2 ms, each in a turn of its own, and no more
 * of it than the client takes. So a text of thousands of lines delays no decision, and one that is
 * not read takes no memory.
 */
export function slicedText(parts: Iterable<string>, turns: TurnQueue): Readable {
  return Readable.from(slices(parts, turns), { objectMode: false, highWaterMark: sliceCharacters });
}

async function* slices(parts: Iterable<string>, turns: TurnQueue): AsyncIterable<string> {
  let text = '';
  let endMs = performance.now() + sliceMs;
  for (const part of parts) {
    text += part;
    if (text.length < sliceCharacters && performance.now() < endMs) continue;
    yield text;
    text = '';
    await turns.next();
    endMs = performance.now() + sliceMs;
  }
  yield text;
}
