import type { SseReport } from '../../tools/testbed/sseCounter.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import type { Topology } from '../../tools/testbed/topology.ts';
import { eventually } from './eventually.ts';

/** Few, because it is the same with many and machines are slow. */
const fewClients = 16;

/** What happens to them; it can wait until every client has been served anew, and ask what they met so far. */
type Happening = (servedAnew: () => Promise<void>, soFar: () => SseReport) => Promise<void>;

/**
 * Streaming clients that are there while something happens, and do not notice: it fails unless every request
 * they ever sent was served, and whole.
 */
export async function whileClientsStream(
  topology: Topology,
  happen: Happening,
  clients = fewClients,
): Promise<SseReport> {
  const report = await reportOfClients(topology, happen, clients);
  expect(report).toMatchObject({ failed: 0, cut: 0, inFlight: 0, problems: [] });
  return report;
}

/** The same, where some may notice: answers what became of their requests. */
export async function reportOfClients(
  { chatUrl }: Topology,
  happen: Happening,
  clients: number,
): Promise<SseReport> {
  const load = new SseLoad({ url: chatUrl, pace: { kind: 'closed', clients, rampMs: 200 } });
  void load.start();
  const servedAnew = async () => {
    // What was in flight before may be among them: two for each client.
    const goal = load.report().ok + 2 * clients;
    await eventually(() => expect(load.report().ok).toBeGreaterThanOrEqual(goal), { timeoutMs: 60_000 });
  };
  try {
    await servedAnew();
    await happen(servedAnew, () => load.report());
  } finally {
    await load.stop();
  }
  return load.report();
}
