import type { SseReport } from '../../tools/testbed/sseCounter.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import type { Topology } from '../../tools/testbed/topology.ts';
import { eventually } from './eventually.ts';

/** Few, because more would test nothing else and machines are slow. */
const fewClients = 16;

/**
 * What happens meanwhile. It can wait until every client has been served again, and read the report
 * so far.
 */
type Scenario = (allServedAgain: () => Promise<void>, reportSoFar: () => SseReport) => Promise<void>;

/**
 * Runs a scenario while clients stream. Fails unless every request was served completely.
 */
export async function whileClientsStream(
  topology: Topology,
  scenario: Scenario,
  clients = fewClients,
): Promise<SseReport> {
  const report = await reportWhileClientsStream(topology, scenario, clients);
  expect(report).toMatchObject({ failed: 0, cut: 0, inFlight: 0, problems: [] });
  return report;
}

/** The same where requests may fail: returns the report. */
export async function reportWhileClientsStream(
  { chatUrl }: Topology,
  scenario: Scenario,
  clients: number,
): Promise<SseReport> {
  const load = new SseLoad({ url: chatUrl, pace: { kind: 'closed', clients, rampMs: 200 } });
  void load.start();
  const allServedAgain = async () => {
    // Requests that are in flight now may be among them, hence two for each client.
    const goal = load.report().ok + 2 * clients;
    await eventually(() => expect(load.report().ok).toBeGreaterThanOrEqual(goal), { timeoutMs: 60_000 });
  };
  try {
    await allServedAgain();
    await scenario(allServedAgain, () => load.report());
  } finally {
    await load.stop();
  }
  return load.report();
}
