import type { Log } from '../telemetry/log.ts';
import { LogInterval } from '../telemetry/logInterval.ts';
import type { DiscoveryStreamOptions } from './discoveryStream.ts';
import type { DiscoveryMetrics } from './metrics.ts';

/** A client can cause lines at any rate. */
const logIntervalMs = 10_000;
/** Of what a client says, and of names that it asks for. */
const longestText = 500;

/** Counts what streams of endpoint discovery do, and logs what an operator has to know. */
export function discoveryLog(
  log: Pick<Log, 'warn'>,
  metrics: DiscoveryMetrics,
  served: readonly string[],
): DiscoveryStreamOptions['report'] {
  const refusals = new LogInterval(logIntervalMs, { lines: 5 });
  const unknowns = new LogInterval(logIntervalMs, { lines: 5 });
  return {
    sent: () => metrics.discoveryResponses.add('sent'),
    accepted: () => metrics.discoveryResponses.add('accepted'),
    refused: (nodeId, reason) => {
      metrics.discoveryResponses.add('refused');
      refusals.log((suppressed) => {
        const fields = { node: short(nodeId), reason: short(reason), suppressed };
        log.warn({ event: 'eds.refused', ...fields }, 'Envoy refuses the list of endpoints');
      });
    },
    unknown: (nodeId, names) => {
      unknowns.log((suppressed) => {
        const fields = { node: short(nodeId), asked: short(names.join(', ')), served, suppressed };
        log.warn(
          { event: 'eds.unknown-cluster', ...fields },
          'Envoy asks for the endpoints of a cluster that eds.clusters does not name',
        );
      });
    },
  };
}

function short(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}
