import { z } from 'zod';
import { parseAddress } from '../hostPort.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import { wholeNumber } from './validators.ts';

/**
 * One entry of `pool.endpoints`: an address alone, or an address with what is known of the pod. Both end up
 * in the form of an Endpoint, but for host names, which are still to be resolved.
 */

export const endpointKeys = ['address', 'weight', 'labels', 'models', 'slots'] as const;

/** Marks an issue whose message says all: what was given and what is expected. */
export const sentence = { kind: 'sentence' } as const;

const expected = 'an endpoint address, or a mapping with address, weight, labels, models and slots';

const addressForms = 'ip:port, [ipv6]:port or host:port';

const address = z.string({ error: addressForms }).check((context) => {
  const parsed = parseAddress(context.value);
  if (parsed.kind === 'invalid') {
    const issue = { code: 'custom', message: parsed.problem, params: sentence } as const;
    context.issues.push({ ...issue, input: context.value, continue: true });
  } else {
    context.value = parsed.kind === 'ip' ? parsed.address : `${parsed.host}:${parsed.port}`;
  }
});

const words = 'text (in quotes if it looks like a number)';
const weight = 'a number above 0';

export const endpointSetting = z
  .union(
    [
      address,
      z.strictObject({
        address: address.describe(addressForms),
        weight: z
          .number({ error: weight })
          .positive({ error: weight })
          .default(1)
          .describe('Capacity relative to the other endpoints'),
        labels: z
          .record(z.string(), z.string({ error: words }), { error: 'a mapping of names to text' })
          .default({}),
        models: z.array(z.string({ error: words }), { error: 'a list of model names' }).default([]),
        slots: wholeNumber(1).exactOptional().describe('Requests it can run at once'),
      }),
    ],
    { error: expected },
  )
  .transform(
    (entry): Endpoint =>
      typeof entry === 'string' ? { address: entry, weight: 1, labels: {}, models: [] } : entry,
  );
