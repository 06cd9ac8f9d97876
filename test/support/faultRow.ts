import type { SseReport } from '../../tools/testbed/sseCounter.ts';
import type { Topology } from '../../tools/testbed/topology.ts';
import { allShareOneView } from './sameView.ts';
import { reportOfClients, whileClientsStream } from './sseClients.ts';

/**
 * One row of ARCHITECTURE.md's table of faults: it happens while clients stream, and afterwards all instances
 * have one exact view again. Each row prints a line of what was measured, for people; nothing is asserted on
 * times.
 */
export interface Observed {
  /** Waits until every client has been served anew. */
  servedAnew(): Promise<void>;
  /** What the clients met until now. */
  soFar(): SseReport;
  /** Waits, and keeps how long it took. */
  took(what: string, wait: Promise<unknown>): Promise<void>;
  /** Keeps a figure. */
  note(what: string, figure: string | number): void;
}

type Fault = (observed: Observed) => Promise<void>;

const clients = 24;

/** About a second each, and a slot for every client wherever it is sent. */
export const shortStreams = { 'ttft-ms': 50, 'token-ms': 50, tokens: 20, slots: 2 * clients };

/** No request may fail or be cut. */
export function noClientNotices(topology: Topology, row: string, fault: Fault): Promise<SseReport> {
  return observe(topology, row, fault, whileClientsStream);
}

/** Some may; the answer says how many. */
export function clientsMayNotice(topology: Topology, row: string, fault: Fault): Promise<SseReport> {
  return observe(topology, row, fault, reportOfClients);
}

async function observe(
  topology: Topology,
  row: string,
  fault: Fault,
  stream: typeof reportOfClients,
): Promise<SseReport> {
  const figures: string[] = [];
  const note = (what: string, figure: string | number) => figures.push(`${what} ${figure}`);
  const took = async (what: string, wait: Promise<unknown>) => {
    const beganMs = performance.now();
    await wait;
    note(what, `after ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
  };
  const report = await stream(
    topology,
    (servedAnew, soFar) =>
      fault({ servedAnew, soFar, took, note: (what, figure) => void note(what, figure) }),
    clients,
  );
  await took('then one view', allShareOneView(topology));
  const { sent, failed, cut, latencyMs } = report;
  note('slowest answer', `${((latencyMs?.max ?? 0) / 1000).toFixed(1)} s`);
  process.stdout.write(`${row}: sent ${sent}, failed ${failed}, cut ${cut}; ${figures.join('; ')}\n`);
  return report;
}
