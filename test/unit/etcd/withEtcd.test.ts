import { configSchema } from '../../../src/config/schema.ts';
import { BatonError } from '../../../src/errors.ts';
import { withEtcd } from '../../../src/etcd/withEtcd.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';

checkForLeaks();

const defaults = configSchema.parse({});
const config = { ...defaults, etcd: { ...defaults.etcd, endpoints: ['http://127.0.0.1:1'] } };

it('reports that etcd does not answer', async () => {
  await expect(withEtcd(config, (client) => client.keys.get('a').exec())).rejects.toMatchObject({
    code: 'store-unreachable',
    exitCode: 69,
    message: 'etcd http://127.0.0.1:1 does not answer',
  });
});

it.each([
  ['a bug', new TypeError('not a function')],
  ['an error with a code', new BatonError('change-refused', 'nothing to release')],
])('passes on %s as it is', async (_situation, error) => {
  await expect(withEtcd(config, () => Promise.reject(error))).rejects.toBe(error);
});
