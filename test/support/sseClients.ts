import { SseLoad } from '../../src/rehearsal/sseLoad.ts';
import type { Topology } from '../../src/rehearsal/topology.ts';
import { eventually } from './eventually.ts';

/** Few, because it is the same with many and machines are slow. */
const clients = 16;

/**
 * Streaming clients that are there while something happens, and do not notice: it fails unless every request
 * they ever sent was served, and whole.
 *
 * @param happen gets a function that waits until every client has been served anew
 */
export async function whileClientsStream(
  { chatUrl }: Topology,
  happen: (servedAnew: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const load = new SseLoad({ url: chatUrl, pace: { kind: 'closed', clients, rampMs: 200 } });
  void load.start();
  const servedAnew = async () => {
    // What was in flight before may be among them: two for each client.
    const goal = load.report().ok + 2 * clients;
    await eventually(() => expect(load.report().ok).toBeGreaterThanOrEqual(goal), { timeoutMs: 30_000 });
  };
  try {
    await servedAnew();
    await happen(servedAnew);
  } finally {
    await load.stop();
  }
  expect(load.report()).toMatchObject({ failed: 0, cut: 0, inFlight: 0, problems: [] });
}
