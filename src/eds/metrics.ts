import type { Instruments } from '../telemetry/instruments.ts';
import { counter, gauge, label } from '../telemetry/metric.ts';

/** What came of the endpoint lists that were sent: the client took it, or refused it. */
export const discoveryOutcomes = ['sent', 'accepted', 'refused'] as const;
export type DiscoveryOutcome = (typeof discoveryOutcomes)[number];

export const discoveryMetrics = {
  discoveryResponses: counter({
    name: 'baton_eds_responses',
    labels: [label('outcome', discoveryOutcomes)],
    means: 'Lists of endpoints sent to Envoys (EDS), and how many of them these accepted or refused',
    worry: '`refused` rises: Envoy says why, see the log (`eds.refused`); it goes on with its last list.',
  }),
};
export type DiscoveryMetrics = Instruments<typeof discoveryMetrics>;

export const discoveryGauges = [
  gauge<{ readonly streams: number }>({
    name: 'baton_eds_streams',
    labels: [],
    means: 'Open streams of endpoint discovery: Envoys that follow the pool through this instance',
    worry: 'The sum of all instances is below the number of Envoys: some follow no instance.',
    read: ({ streams }) => streams,
  }),
];
