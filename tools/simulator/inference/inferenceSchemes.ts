import { batonInstance, prefixInstance } from './batonInstance.ts';
import type { InferenceFleet } from './inferenceFleet.ts';
import { AibrixRouter } from './routers/aibrix.ts';
import { DynamoRouter } from './routers/dynamo.ts';
import { LlmdRouter } from './routers/llmd.ts';
import { LlmdAffinityRouter } from './routers/llmdAffinity.ts';
import { OmniscientRouter } from './routers/omniscient.ts';
import { ApproximateIndex, ExactIndex } from './routers/prefixIndex.ts';
import { RoundRobinRouter } from './routers/roundRobin.ts';
import type { Router } from './routers/router.ts';
import { SmgRouter } from './routers/smg.ts';

/** How requests find their pods. */
export interface InferenceScheme {
  readonly name: string;
  /** There is one of it, however many instances the fleet has. */
  readonly isCentral?: boolean;
  /** With one instance it is the same as another scheme. */
  readonly onlySeveral?: boolean;
  /** @param id of the instance */
  create(fleet: InferenceFleet, id: string): Router;
}

export const omniscientScheme: InferenceScheme = {
  name: 'omniscient greedy',
  isCentral: true,
  create: ({ pods, clock }) => new OmniscientRouter(pods, () => clock.nowMs()),
};

export const prefixScheme: InferenceScheme = {
  name: 'baton prefix',
  create: (fleet, id) => prefixInstance(fleet, id),
};

/** In the order of the table. Instances of other projects share what they share as they ship. */
export const inferenceSchemes: readonly InferenceScheme[] = [
  omniscientScheme,
  prefixScheme,
  {
    name: 'baton prefix, engines silent',
    create: (fleet, id) => prefixInstance(fleet, id, { counts: true, index: true, readings: false }),
  },
  {
    name: 'baton prefix, counts shared',
    onlySeveral: true,
    create: (fleet, id) => prefixInstance(fleet, id, { counts: true, index: false, readings: true }),
  },
  {
    name: 'baton prefix, nothing shared',
    onlySeveral: true,
    create: (fleet, id) => prefixInstance(fleet, id, { counts: false, index: false, readings: true }),
  },
  {
    name: 'llm-d default',
    create: ({ pods, clock, random }) => new LlmdRouter(pods, new ApproximateIndex(pods), clock, random),
  },
  {
    name: 'llm-d optimized baseline',
    create: ({ pods, random }) => new LlmdAffinityRouter(pods.length, new ApproximateIndex(pods), random),
  },
  {
    name: 'llm-d precise',
    create: ({ pods, clock, random }) => new LlmdRouter(pods, new ExactIndex(pods), clock, random),
  },
  {
    name: 'Dynamo',
    create: ({ pods, random }) => new DynamoRouter(pods.length, new ExactIndex(pods), random),
  },
  { name: 'SMG', create: ({ pods, random }) => new SmgRouter(pods.length, random) },
  { name: 'AIBrix', create: ({ pods, random }) => new AibrixRouter(pods.length, random) },
  { name: 'baton least-request', create: (fleet, id) => batonInstance(fleet, id, 'least-request') },
  { name: 'round robin', create: ({ pods, random }) => new RoundRobinRouter(pods.length, random) },
];
