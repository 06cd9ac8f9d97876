import type { SseReport } from '../../tools/testbed/sseCounter.ts';
import type { Topology } from '../../tools/testbed/topology.ts';
import { allViewsAreEqual } from './equalViews.ts';
import { reportWhileClientsStream, whileClientsStream } from './sseClients.ts';

/**
 * One row of the table of faults: the fault happens while clients stream, and afterwards all
 * instances must have one exact view again. Each row prints its measurements; no times are
 * asserted.
 */
export interface FaultObserver {
  /** Waits until every client has been served again. */
  allServedAgain(): Promise<void>;
  /** The clients' results so far. */
  reportSoFar(): SseReport;
  /** Waits, and records how long it took. */
  measure(what: string, wait: Promise<unknown>): Promise<void>;
  /** Records a figure. */
  record(what: string, figure: string | number): void;
}

type Fault = (observer: FaultObserver) => Promise<void>;

const clients = 24;

/** Streams of about a second, and a slot for every client on each pod. */
export const shortStreams = { 'ttft-ms': 50, 'token-ms': 50, tokens: 20, slots: 2 * clients };

/** No request may fail or be cut. */
export function noClientNotices(topology: Topology, row: string, fault: Fault): Promise<SseReport> {
  return observe(topology, row, fault, whileClientsStream);
}

/** Some requests may fail or be cut; the report counts them. */
export function clientsMayNotice(topology: Topology, row: string, fault: Fault): Promise<SseReport> {
  return observe(topology, row, fault, reportWhileClientsStream);
}

async function observe(
  topology: Topology,
  row: string,
  fault: Fault,
  stream: typeof reportWhileClientsStream,
): Promise<SseReport> {
  const figures: string[] = [];
  const record = (what: string, figure: string | number) => figures.push(`${what} ${figure}`);
  const measure = async (what: string, wait: Promise<unknown>) => {
    const startedMs = performance.now();
    await wait;
    record(what, `after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  };
  const report = await stream(
    topology,
    (allServedAgain, reportSoFar) =>
      fault({ allServedAgain, reportSoFar, measure, record: (what, figure) => void record(what, figure) }),
    clients,
  );
  await measure('then equal views', allViewsAreEqual(topology));
  const { sent, failed, cut, latencyMs } = report;
  record('slowest answer', `${((latencyMs?.max ?? 0) / 1000).toFixed(1)} s`);
  process.stdout.write(`${row}: sent ${sent}, failed ${failed}, cut ${cut}; ${figures.join('; ')}\n`);
  return report;
}
