import { z } from 'zod';
import { coherentKubernetes } from './crossFieldRules.ts';
import { section } from './section.ts';
import { boolean, filePath, httpUrl, nameText, text } from './validators.ts';

const portError = 'a port from 1 to 65535';

/** From the environment and flags the elements of a list come as text. */
const port = z
  .union([z.int(), z.string().regex(/^\d+$/)], { error: portError })
  .transform(Number)
  .refine((value) => value >= 1 && value <= 65_535, { error: portError });

/** The settings of `pool.kubernetes`: pods of a cluster as endpoints. */
export const kubernetes = section({
  inferencePool: nameText()
    .min(1, { error: 'the name of an InferencePool' })
    .exactOptional()
    .describe('Name of the InferencePool (inference.networking.k8s.io/v1) whose pods are endpoints'),
  selector: text()
    .min(1, { error: 'a label selector such as app=vllm' })
    .exactOptional()
    .describe('Label selector of the pods, such as app=vllm, where there is no InferencePool'),
  ports: z
    .array(port, { error: 'a list of ports' })
    .max(8, { error: 'at most 8 ports' })
    .default([])
    .describe('With selector: the ports of each pod, each an endpoint'),
  namespace: nameText()
    .min(1, { error: 'the name of a namespace' })
    .exactOptional()
    .describe("Namespace of both; default: that of Baton's own pod"),
  nodeZones: boolean()
    .default(true)
    .describe("Take the zone of a pod without one from its node's label; it needs the right to read nodes"),
  modelRewrites: boolean()
    .default(false)
    .describe('Take the InferenceModelRewrites of the InferencePool as model aliases'),
  kubeconfig: filePath()
    .exactOptional()
    .describe(
      'A kubeconfig file, whose current context is used; default: the environment variable KUBECONFIG',
    ),
  apiServer: httpUrl()
    .exactOptional()
    .describe('URL of the API server; default: that of the kubeconfig, or of the cluster Baton runs in'),
  tokenFile: filePath()
    .exactOptional()
    .describe("File with the bearer token, read for each request; default: that of Baton's service account"),
  caFile: filePath()
    .exactOptional()
    .describe("CA of the API server (PEM); default: that of Baton's service account, else the system's"),
}).superRefine(coherentKubernetes);
