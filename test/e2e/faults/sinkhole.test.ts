import type { Pod } from '../../../tools/testbed/pod.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { setFault } from '../../support/podFault.ts';
import { type SinkholeReport, sinkhole } from '../../support/sinkhole.ts';
import { useTopology } from '../../support/topology.ts';

/** A pod that fails fast is always the least loaded one, and passes its health probe. */
checkForLeaks();

const podFlags = { 'ttft-ms': 50, 'token-ms': 20, tokens: 20, jitter: 0.3, slots: 128 };

const waysToFail: readonly [string, { readonly kind: string; readonly status?: number }][] = [
  ['answers 500', { kind: 'error' }],
  ['answers 429', { kind: 'error', status: 429 }],
  ['answers 404 for a model that it should have', { kind: 'error', status: 404 }],
  ['answers 401, because its back end is broken', { kind: 'error', status: 401 }],
  ['closes the connection when a request arrives', { kind: 'close' }],
  ['answers 200 without content', { kind: 'empty' }],
  ['answers 200 with an error event in the stream', { kind: 'error-event' }],
  ['is cut after the headers', { kind: 'cut-at-once' }],
  ['is cut after the first token', { kind: 'cut' }],
];

function expectBounded(title: string, { firstSecond, later, backAfterMs }: SinkholeReport): void {
  process.stdout.write(
    `${title}: ${firstSecond.lost} of ${firstSecond.sent} in the first second, ` +
      `${later.lost} of ${later.sent} in the next ten, back after ${backAfterMs} ms\n`,
  );
  expect(firstSecond.lost).toBeLessThanOrEqual(0.34 * firstSecond.sent);
  expect(later.lost).toBeLessThan(0.01 * later.sent);
  expect(backAfterMs).toBeLessThanOrEqual(10_000);
}

describe('when one of three pods fails fast', () => {
  const topology = useTopology({ instances: 1, etcd: false, podFlags });
  const failing = () => topology().pods[1] as Pod;

  afterEach(() => setFault(failing(), { kind: 'none' }));

  it.each(waysToFail)(
    'and %s, it draws no traffic and comes back',
    async (title, fault) => {
      expectBounded(title, await sinkhole(topology(), failing(), fault));
    },
    90_000,
  );
});

describe('when one of three pods fails fast and a policy does not look at the load', () => {
  const topology = useTopology({ instances: 1, etcd: false, podFlags });

  it.each(['random', 'round-robin'])(
    '%s sends it no traffic either',
    async (policy) => {
      const pod = topology().pods[1] as Pod;
      expectBounded(
        policy,
        await sinkhole(topology(), pod, { kind: 'error' }, { 'routing-strategy': policy }),
      );
    },
    90_000,
  );
});

describe('when one of three pods fails fast behind four instances', () => {
  const topology = useTopology({ instances: 4, podFlags });

  it('loses no more requests than one instance does, and all instances trust it again', async () => {
    const pod = topology().pods[1] as Pod;
    expectBounded('four instances', await sinkhole(topology(), pod, { kind: 'error' }));
  }, 90_000);
});
