import { configSchema } from '../../../src/config/schema.ts';
import { unusedTraits } from '../../../src/config/unusedTraits.ts';

const { scheduling, pool } = configSchema.parse({});
const plain = { address: '10.0.0.1:80', weight: 1, labels: {}, models: [] };
const labelled = { ...plain, labels: { gpu: 'l4' } };
const zoned = { ...plain, labels: { 'topology.kubernetes.io/zone': 'a', zone: 'b' } };
const serving = { ...plain, models: ['a'] };

describe('a trait that no decision reads', () => {
  it.each([
    ['labels without a header', [plain, labelled], {}, ['endpoints have labels']],
    ['labels with a header', [labelled], { labelHeader: 'external-filter' }, []],
    ['models with the default headers', [serving], {}, []],
    ['the same models without headers', [serving], { modelHeaders: [] }, ['all endpoints list the same']],
    ['different models without headers', [serving, plain], { modelHeaders: [] }, []],
    ['zones alone', [zoned], {}, []],
    ['nothing', [plain], { modelHeaders: [] }, []],
  ])('is named: %s', (_, endpoints, changes, expected) => {
    const sentences = unusedTraits({ pool, scheduling: { ...scheduling, ...changes } }, endpoints);
    expect(sentences).toEqual(expected.map((text) => expect.stringContaining(text)));
  });

  it('is no label of a pod that Kubernetes lists', () => {
    const { kubernetes } = configSchema.parse({ pool: { kubernetes: { inferencePool: 'llama' } } }).pool;
    expect(unusedTraits({ scheduling, pool: { ...pool, kubernetes } }, [labelled])).toEqual([]);
  });
});
