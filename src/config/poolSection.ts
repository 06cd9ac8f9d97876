import { z } from 'zod';
import { addressRange } from './addressRanges.ts';
import { distinctEndpoints } from './crossFieldRules.ts';
import { endpointSetting } from './endpointSchema.ts';
import { kubernetes } from './kubernetesSection.ts';
import { probe } from './probeSection.ts';
import { section } from './section.ts';
import { boolean, filePath, keyPart, milliseconds } from './validators.ts';

/** Which endpoints exist, and which of them may be used. */
export const poolSection = section({
  name: keyPart({ mayBeEmpty: false }).default('default').describe('Instances of one pool share their load'),
  endpoints: z
    .array(endpointSetting, { error: 'a list of endpoints' })
    .superRefine(distinctEndpoints, { when: ({ value }) => Array.isArray(value) })
    .default([])
    .describe('A list of endpoints: addresses, or mappings with address, weight, labels, models, slots'),
  file: filePath().exactOptional().describe('A YAML file of endpoints, read again whenever it changes'),
  etcd: boolean().default(false).describe('Use the endpoints registered in etcd'),
  allow: z
    .array(addressRange(), { error: 'a list of address ranges' })
    .default([])
    .describe('Only addresses within these ranges may register in etcd, such as 10.0.0.0/8:8000; none: any'),
  kubernetes: kubernetes.prefault({}),
  dnsRefreshMs: milliseconds(100)
    .default(5000)
    .describe(
      'Time between two lookups of a name that has no time to live of its own, and after a failed one',
    ),
  readModels: boolean()
    .default(false)
    .describe('Ask each endpoint for its models (GET /v1/models) where no source names them'),
  probe: probe.prefault({}),
});
