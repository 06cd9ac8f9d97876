import { liveChildren } from '../../tools/testbed/orphanGuard.ts';
import { eventually } from './eventually.ts';

/** What a test must not leave behind: listening ports, connections, child processes. */
const watched = ['TCPServerWrap', 'TCPSocketWrap', 'PipeWrap', 'ProcessWrap', 'UDPWrap', 'FSEventWrap'];

/**
 * Fails when something is open after the tests of this file that was not open before. Call it at
 * the top of the file: hooks of one level run in the order in which they are registered.
 */
export function checkForLeaks(): void {
  let before: ReadonlyMap<string, number>;
  beforeAll(() => {
    before = openResources();
  });
  afterAll(async () => {
    await eventually(() => {
      expect(liveChildren()).toEqual([]);
      expect(Object.fromEntries(surplus(before))).toEqual({});
    });
  });
}

function openResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (watched.includes(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function surplus(before: ReadonlyMap<string, number>): [string, number][] {
  return [...openResources()]
    .map(([kind, count]): [string, number] => [kind, count - (before.get(kind) ?? 0)])
    .filter(([, more]) => more > 0);
}
