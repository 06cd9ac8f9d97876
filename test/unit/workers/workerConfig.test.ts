import { load } from '../../../src/config/load.ts';
import { workerConfig } from '../../../src/workers/workerConfig.ts';
import { processEnvOf } from '../config/processEnvOf.ts';

function configOf(...set: string[]) {
  const loaded = load(
    { set: ['instance.id=one', 'etcd.endpoints=http://127.0.0.1:2379', 'server.workers=3', ...set] },
    processEnvOf({}),
    'nothing',
  );
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

describe('the configuration of a worker', () => {
  it('has an instance id of its own and the bound port', () => {
    const config = configOf('server.healthAddress=127.0.0.1:9003');
    expect(workerConfig(config, 2, '127.0.0.1:4711')).toMatchObject({
      instance: { id: 'one-2' },
      server: { address: '127.0.0.1:4711', healthAddress: 'off', workers: 1 },
      etcd: { endpoints: ['http://127.0.0.1:2379'] },
    });
  });

  it.each([
    ['127.0.0.1:9090', '127.0.0.1:9090', '127.0.0.1:9092'],
    ['[::1]:80', '[::1]:80', '[::1]:82'],
    ['127.0.0.1:0', '127.0.0.1:0', '127.0.0.1:0'],
    ['off', 'off', 'off'],
  ])('counts admin ports from %s: %s for the first worker, %s for the third', (given, first, third) => {
    const config = configOf(`admin.address=${given}`);
    expect(workerConfig(config, 1, '127.0.0.1:1').admin.address).toBe(first);
    expect(workerConfig(config, 3, '127.0.0.1:1').admin.address).toBe(third);
  });
});
