import fc from 'fast-check';
import { aliasesOfRewrites, readModelRewrite } from '../../src/pool/kubernetes/modelRewrites.ts';
import {
  endpointsOfPods,
  keyOf,
  readInferencePool,
  readNodeZone,
  readPod,
} from '../../src/pool/kubernetes/objects.ts';
import { fuzzEffort } from '../support/fuzzEffort.ts';

/**
 * Objects of Kubernetes with parts replaced by anything: custom resources have what their
 * schema lets through, and labels what their users write. Nothing is thrown, and what is
 * read is within its bounds.
 */
const { runs, timeoutMs } = fuzzEffort(200, 2);

const pod = {
  metadata: {
    name: 'pod-1',
    namespace: 'default',
    labels: { app: 'vllm', 'topology.kubernetes.io/zone': 'a' },
    annotations: { 'inference.networking.k8s.io/active-ports': '8000,8001' },
  },
  spec: { nodeName: 'node-1' },
  status: { podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] },
};
const pool = { spec: { selector: { matchLabels: { app: 'vllm' } }, targetPorts: [{ number: 8000 }] } };
const rewrite = {
  metadata: { name: 'rewrite', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {
    poolRef: { name: 'pool' },
    rules: [
      {
        matches: [{ model: { type: 'Exact', value: 'chat' } }],
        targets: [{ modelRewrite: 'llama', weight: 3 }, { modelRewrite: 'qwen' }],
      },
    ],
  },
};

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    65_536,
    1.5,
    1e300,
    '',
    '__proto__',
    '::1',
    '10.0.0.1 ',
    '\u0000',
  ),
  fc.constantFrom<unknown>('8000,8001,', ',,', '٣', 'a'.repeat(300), [], {}, [[]], { length: 3 }),
  fc.jsonValue({ maxDepth: 2 }),
);

type Json = unknown;
type Change = { readonly at: number; readonly with: unknown };

/** The original with some of its parts replaced, counted from the top. */
function changed(original: Json, changes: readonly Change[]): Json {
  let result = original;
  for (const { at, with: instead } of changes) {
    let nth = 0;
    const replace = (node: Json): Json => {
      if (nth++ === at) return instead;
      if (Array.isArray(node)) return node.map(replace);
      if (typeof node !== 'object' || node === null) return node;
      return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, replace(value)]));
    };
    result = replace(result);
  }
  // As it comes from the API server.
  return JSON.parse(JSON.stringify(result));
}

const nearly = (original: Json) =>
  fc
    .array(fc.record({ at: fc.nat(20), with: odd }), { maxLength: 3 })
    .map((changes) => changed(original, changes));

it(
  'pods and pools: each endpoint has an address, and labels of text',
  () =>
    fc.assert(
      fc.property(nearly(pod), nearly(pool), (onePod, onePool) => {
        for (const object of [onePod, onePool]) {
          expect(typeof (keyOf(object) ?? '')).toBe('string');
          expect(typeof (readNodeZone(object) ?? '')).toBe('string');
        }
        const facts = readPod(onePod);
        const { ports = [] } = readInferencePool(onePool) ?? {};
        for (const { address, labels } of endpointsOfPods(
          facts ? [facts] : [],
          ports,
          new Map([['/node-1', 'b']]),
        )) {
          expect(address).toMatch(/^(\d+\.){3}\d+:\d{1,5}$|^\[[\da-f:.]+\]:\d{1,5}$/);
          expect(Number(address.split(':').at(-1))).toBeLessThanOrEqual(65_535);
          for (const label of Object.values(labels)) expect(typeof label).toBe('string');
        }
      }),
      runs,
    ),
  timeoutMs,
);

it(
  'model rewrites: each alias has weights that a choice can use',
  () =>
    fc.assert(
      fc.property(fc.array(nearly(rewrite), { maxLength: 3 }), (objects) => {
        const rewrites = new Map(
          objects.flatMap((object, nth) => {
            const read = readModelRewrite(object);
            return read === undefined ? [] : [[`default/${nth}`, read] as const];
          }),
        );
        const { table, skipped } = aliasesOfRewrites(rewrites, 'pool');
        expect(skipped).toBeGreaterThanOrEqual(0);
        for (const weights of Object.values(table)) {
          expect(Object.keys(weights).length).toBeGreaterThan(0);
          for (const weight of Object.values(weights))
            expect(weight > 0 && Number.isFinite(weight)).toBe(true);
        }
      }),
      runs,
    ),
  timeoutMs,
);
