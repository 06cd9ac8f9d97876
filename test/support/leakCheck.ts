import { liveChildren } from '../../tools/testbed/orphanGuard.ts';
import { eventually } from './eventually.ts';

/** What may not be left behind by a test: listening ports, connections, child processes. */
const watched = ['TCPServerWrap', 'TCPSocketWrap', 'PipeWrap', 'ProcessWrap', 'UDPWrap', 'FSEventWrap'];

/**
 * After all tests of this file, nothing is open that was not open before them. Call it at the top
 * of a file whose topologies are in describes: hooks of one level run in the order in which they
 * are written.
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
