import { Pod } from '../../tools/testbed/pod.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import type { HttpExchangeResult } from './sendHttp.ts';

/**
 * Four pods, two for each of the models `a` and `b`.
 *
 * @param isStrict they answer 404 to requests for the other model
 */
export function useTwoModels({ isStrict = true } = {}): () => readonly Pod[] {
  const pods: Pod[] = [];
  // Before the topology, which needs their addresses.
  beforeAll(async () => {
    const models = ['a', 'b', 'a', 'b'];
    const ports = await freePorts(models.length);
    const starts = models.map((model, nth) =>
      Pod.start({
        id: `${model}${nth}`,
        port: ports[nth] as number,
        flags: { model, 'ttft-ms': 1, 'token-ms': 1, slots: 64, ...(isStrict && { 'strict-model': true }) },
      }),
    );
    pods.push(...(await Promise.all(starts)));
  });
  afterAll(() => Promise.all(pods.map((pod) => pod.stop())));
  return () => pods;
}

/** The setting `pool.endpoints` for these pods. */
export function endpointsWithModels(pods: readonly Pod[]): readonly { address: string; models: string[] }[] {
  return pods.map(({ address, id }) => ({ address, models: [id.charAt(0)] }));
}

/** The model of the pod that served. */
export function servedModel({ headers }: HttpExchangeResult): string {
  return String(headers['x-podsim-id']).charAt(0);
}
