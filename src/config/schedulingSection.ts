import { z } from 'zod';
import { isSessionField, sessionFieldForm } from '../request/body/sessionFields.ts';
import { policyText } from './policySetting.ts';
import { section } from './section.ts';
import { boolean, headerName, nameText, oneOf, text, wholeNumber } from './validators.ts';

const modelName = () => nameText().min(1, { error: 'the name of a model' });
const weight = 'a number from 0.001 to 1000000';
const variants = z
  .record(
    modelName(),
    z.number({ error: weight }).min(0.001, { error: weight }).max(1_000_000, { error: weight }),
    { error: 'a mapping of model names to weights, such as {llama-70b: 90, llama-70b-new: 10}' },
  )
  .refine((weights) => Object.keys(weights).length > 0, { error: 'at least one model with its weight' });

/** How an endpoint is chosen, and what of a request it depends on. */
export const scheduling = section({
  policy: policyText()
    .default('least-request')
    .describe('The policy that chooses an endpoint, or a mix such as session-affinity:2,least-request:1'),
  allowRequestPolicy: boolean().default(true).describe('Let a request name its policy in routing-strategy'),
  unknownPolicy: oneOf(['reject', 'default'])
    .default('reject')
    .describe('For a request that names an unknown policy: reject it, or use the default policy'),
  modelHeaders: z
    .array(headerName(), { error: 'a list of header names' })
    .default(['x-baton-model', 'x-gateway-model-name'])
    .describe('Headers that name the model of a request: only endpoints that serve it are chosen'),
  modelAliases: z
    .record(modelName(), variants, { error: 'a mapping of model names to models with weights' })
    .default({})
    .describe(
      'Model names that stand for others in shares, such as gpt-4o: {llama-70b: 90, llama-70b-new: 10}; only in the file',
    ),
  aliasHeader: headerName()
    .exactOptional()
    .describe(
      'Header in which the pods accept the model that an alias stands for; without it the body is changed',
    ),
  extensions: z
    .array(text().min(1), { error: 'a list of paths and package names' })
    .default([])
    .describe('Modules with further policies and filters: paths such as ./tenants.mjs, or packages'),
  sessionHeaders: z
    .array(headerName(), { error: 'a list of header names' })
    .default(['x-session-id'])
    .describe('Headers that name the session of a request, for session-affinity'),
  sessionCookie: text()
    .min(1)
    .exactOptional()
    .describe('Cookie that names the session of a request without such a header; none: not read'),
  sessionBodyFields: z
    .array(text().refine(isSessionField, { error: sessionFieldForm }), { error: 'a list of body fields' })
    .default([])
    .describe(
      'JSON members of the body that name the session of a request that has neither, such as user or metadata.session_id; none: bodies are not read for it',
    ),
  affinityLoadPercent: wholeNumber(100)
    .default(200)
    .describe('For affinity, an endpoint gets requests up to this share of the mean load'),
  podCacheTokens: wholeNumber(1)
    .default(400_000)
    .describe("For prefix: tokens that fit into a pod's KV cache (vLLM logs them at its start)"),
  podPrefillTokensPerSecond: wholeNumber(1)
    .default(16_000)
    .describe('For prefix: tokens of prompts that a pod computes in a second'),
  labelHeader: headerName()
    .exactOptional()
    .describe(
      'Header that selects endpoints by labels (key=value,key2!=value2), such as external-filter; none: not read',
    ),
  explainHeader: boolean()
    .default(false)
    .describe('Answer a request that has the header x-baton-explain with that header: why this pod'),
  destinationHeaders: z
    .array(headerName(), { error: 'a list of header names' })
    .default([])
    .describe('Further headers for the chosen address, such as target-pod'),
  retryAfterSeconds: wholeNumber(0).default(1).describe('The header retry-after of a 503'),
});
