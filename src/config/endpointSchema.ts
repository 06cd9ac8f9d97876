import { z } from 'zod';
import { addressForms, parseAddress } from '../hostPort.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import { hideUrlSecrets } from '../urlSecrets.ts';
import { isSrvName } from './srvName.ts';
import { nameText, wholeNumber } from './validators.ts';

/**
 * The form of an endpoint wherever a person or another process gives one: in the configuration, in
 * an endpoints file, as flags of `baton register` and in a record of etcd. A host name is still to
 * be resolved.
 */

export const endpointKeys = ['address', 'weight', 'labels', 'models', 'slots'] as const;

/**
 * The params of an issue whose message is the whole sentence: what was given and what is expected.
 */
export interface InvalidAddress {
  readonly kind: 'invalid-address';
  /** A clause, such as "it has no port". */
  readonly why: string;
}

const expected = 'an endpoint address, or a mapping with address, weight, labels, models and slots';

const address = z.string({ error: `an address like ${addressForms}` }).check((context) => {
  if (isSrvName(context.value)) {
    context.value = context.value.toLowerCase();
    return;
  }
  const parsed = parseAddress(context.value);
  if (parsed.kind === 'invalid') {
    // It may be the URL of something else, with a password in it.
    const shown = parseAddress(hideUrlSecrets(context.value));
    const { why, problem } = shown.kind === 'invalid' ? shown : parsed;
    const params: InvalidAddress = { kind: 'invalid-address', why };
    const issue = { code: 'custom', message: problem, params } as const;
    context.issues.push({ ...issue, input: context.value, continue: true });
  } else {
    context.value = parsed.kind === 'ip' ? parsed.address : `${parsed.host}:${parsed.port}`;
  }
});

/**
 * An endpoint takes requests by its weight: one that registers itself with a huge weight would take
 * all. A hundred times the smallest of a fleet is more than any two kinds of hardware differ.
 */
const weights = { least: 0.01, most: 100 };
const weight = `a number from ${weights.least} to ${weights.most}`;
/** So that thousands of endpoints fit into memory, whatever they say of themselves. */
const mostLabels = 64;
const mostModels = 256;

export const endpointMapping = z.strictObject(
  {
    address: address.describe(
      'ip:port, [ipv6]:port, host:port, or the name of SRV records (_vllm._tcp.models.example)',
    ),
    weight: z
      .number({ error: weight })
      .min(weights.least, { error: weight })
      .max(weights.most, { error: weight })
      .default(1)
      .describe('Capacity relative to the other endpoints'),
    labels: z
      .record(nameText(), nameText(), { error: 'a mapping of names to text' })
      .refine((labels) => Object.keys(labels).length <= mostLabels, { error: `at most ${mostLabels} labels` })
      .default({}),
    models: z
      .array(nameText().min(1, { error: 'the name of a model' }), { error: 'a list of model names' })
      .max(mostModels, { error: `at most ${mostModels} models` })
      .default([]),
    slots: wholeNumber(1).exactOptional().describe('Requests it can run at once'),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? expected : undefined) },
);

/** One entry of `pool.endpoints`: an address alone, or a mapping. */
export const endpointSetting = z
  .union([address, endpointMapping], { error: expected })
  .transform(
    (entry): Endpoint =>
      typeof entry === 'string' ? { address: entry, weight: 1, labels: {}, models: [] } : entry,
  );

/** Why the address is invalid; undefined for any other issue. */
export function invalidAddress(issue: z.core.$ZodIssue): InvalidAddress | undefined {
  const params = issue.code === 'custom' ? (issue.params as Partial<InvalidAddress> | undefined) : undefined;
  return params?.kind === 'invalid-address' ? (params as InvalidAddress) : undefined;
}
