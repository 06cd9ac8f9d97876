import { z } from 'zod';
import { section } from './section.ts';
import { nameText } from './validators.ts';

/** Endpoint discovery on the gRPC port. */
export const edsSection = section({
  clusters: z
    .array(nameText().min(1, { error: 'the name of a cluster' }), { error: 'a list of cluster names' })
    .default([])
    .describe(
      "Names under which Envoy's clusters ask for the endpoints of the pool (service_name); none: pool.name",
    ),
});
