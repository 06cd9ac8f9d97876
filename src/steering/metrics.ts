import { gauge } from '../telemetry/metric.ts';
import type { SteeringReport } from './steeringController.ts';

export const steeringGauges = [
  gauge<SteeringReport>({
    name: 'baton_generation_serving',
    labels: [],
    means: 'The generation that takes the traffic; absent while none does',
    worry: 'Instances disagree for longer than `upgrade.settleMs`, or it is absent.',
    read: ({ servingGeneration }) => servingGeneration,
  }),
  gauge<SteeringReport>({
    name: 'baton_generation_pinned',
    labels: [],
    means: 'The pinned generation; absent where none is pinned',
    worry:
      'It is present after the rollback is over: new releases take no traffic until `baton upgrade release`.',
    read: ({ pinnedGeneration }) => pinnedGeneration,
  }),
];
