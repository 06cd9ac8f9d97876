import { delay, systemClock } from '../../clock.ts';
import { printLines } from '../printLines.ts';
import { topPage } from './topLines.ts';
import { TopScreen } from './topScreen.ts';
import type { TopSource } from './topSource.ts';
import { firstTopState, type TopKey, type TopState, topKeysOf, withKey, withReading } from './topState.ts';

/**
 * Draws what the source has until a key or a signal ends it. Without a terminal it prints it once.
 *
 * @throws BatonError when there is nothing to print; on a terminal it is shown and tried again
 */
export async function runTop(source: TopSource, intervalMs: number): Promise<void> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) {
    const { lines } = topPage(withReading(firstTopState, await source.read()), Number.POSITIVE_INFINITY);
    // The last line is about keys.
    printLines(
      `${lines
        .slice(0, -2)
        .map(({ text }) => text)
        .join('\n')}\n`,
    );
    return;
  }
  await watch(source, new TopScreen(stdin, stdout), intervalMs);
}

async function watch(source: TopSource, screen: TopScreen, intervalMs: number): Promise<void> {
  const ending = new AbortController();
  let waiting = new AbortController();
  let state = firstTopState;
  const end = (): void => {
    ending.abort();
    waiting.abort();
  };
  const show = (next: TopState): void => {
    state = next;
    screen.draw(topPage(state, screen.rows).lines);
  };
  const onKey = (key: TopKey): void => {
    if (key === 'quit') {
      end();
      return;
    }
    if (key === 'next') {
      source.turnToNext();
      waiting.abort();
    }
    show(withKey(state, key, topPage(state, screen.rows).podsOnPage));
  };
  const onInput = (input: string): void => {
    for (const key of topKeysOf(input)) onKey(key);
  };
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.once(signal, end);
  screen.open(onInput, () => show(state));
  try {
    show(state);
    while (!ending.signal.aborted) {
      waiting = new AbortController();
      const next = await source.read().then(
        (reading) => withReading(state, reading),
        (error: Error) => ({ ...state, failure: `${error.message}; trying again` }),
      );
      if (!ending.signal.aborted) show(next);
      if (!ending.signal.aborted) await delay(systemClock, intervalMs, waiting.signal);
    }
  } finally {
    screen.close();
  }
}
