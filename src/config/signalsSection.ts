import { section } from './section.ts';
import { boolean, milliseconds, oneOf, slashPath, wholeNumber } from './validators.ts';

/** What pods say of themselves, in the metrics of their engines. */
const metrics = section({
  read: oneOf(['needed', 'always', 'never'])
    .default('needed')
    .describe(
      'Ask pods for the metrics of their engine, each once to five times a second by one of the instances; needed: where the policy prefix or auto is configured, or responses are left (gateway.responses)',
    ),
  path: slashPath().default('/metrics').describe("Path of a pod's metrics, at the address of its requests"),
});

export const signals = section({
  enabled: boolean().default(true).describe('Judge pods by how their responses end'),
  sampleOneIn: wholeNumber(0)
    .default(16)
    .describe(
      'Watch the response headers of one of so many requests to a pod, and the body of one in eight of these; 0: none',
    ),
  quarantineBaseMs: milliseconds(1)
    .default(1000)
    .describe('How long a failing pod gets no request; doubled each time it fails its trial'),
  quarantineMaxMs: milliseconds(1).default(8000).describe('The longest quarantine before a trial'),
  metrics: metrics.prefault({}),
  quarantineMaxPercent: wholeNumber(0, 100)
    .default(50)
    .describe('At most this share of the ready endpoints is in quarantine; one always remains'),
});
