import { z } from 'zod';
import { distinctPools } from './crossFieldRules.ts';
import { edsSection } from './edsSection.ts';
import { poolSection } from './poolSection.ts';
import { scheduling } from './schedulingSection.ts';
import { section } from './section.ts';
import { signals } from './signalsSection.ts';
import { headerName, keyPart, text } from './validators.ts';

const nonEmpty = () => text().min(1, { error: 'text' });

/** All conditions of one match have to hold. */
const match = section({
  authority: text()
    .regex(/^[^\s,]+$/, { error: 'one host name, with a port or without' })
    .toLowerCase()
    .exactOptional(),
  header: section({ name: headerName(), value: nonEmpty() }).exactOptional(),
  metadata: section({ namespace: nonEmpty(), key: nonEmpty(), value: nonEmpty() }).exactOptional(),
}).refine((conditions) => Object.keys(conditions).length > 0, {
  error: 'authority, header or metadata',
});

/** The settings of `pool` and what else may differ by pool. */
export const poolEntry = z.strictObject(
  {
    ...poolSection.shape,
    name: keyPart({ mayBeEmpty: false }).describe('Of the pool, in etcd and wherever it is shown'),
    matches: z
      .array(match, { error: 'a list of matches' })
      .default([])
      .describe('Which requests are for the pool: those for which one of the matches holds; none: all'),
    eds: edsSection.prefault({}),
    // Extensions are modules of the process.
    scheduling: scheduling.omit({ extensions: true }).prefault({}),
    signals: signals.prefault({}),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'the settings of a pool' : undefined) },
);

export const pools = z
  .array(poolEntry, { error: 'a list of pools' })
  .superRefine(distinctPools, { when: ({ value }) => Array.isArray(value) })
  .default([])
  .describe('Several pools in one process, in place of pool: see docs/pool.md; only in the file');
