import type { Baton } from '../../tools/testbed/baton.ts';
import { Pod } from '../../tools/testbed/pod.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { forwardHeader, waitForDecisions } from '../support/envoyWindows.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { logLines } from '../support/logLines.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { useTopology } from '../support/topology.ts';

/** Requests find the pods that serve their model and have the labels they ask for. */
checkForLeaks();

const labelHeader = 'external-filter';

describe('two pods with a model each, which answer 404 for another one', () => {
  const pods: Pod[] = [];

  // Before the topology, which needs their addresses.
  beforeAll(async () => {
    const ports = (await freePorts(2)) as [number, number];
    for (const [index, model] of ['a', 'b'].entries()) {
      const flags = { model, 'strict-model': true } as const;
      pods.push(await Pod.start({ id: model, port: ports[index] as number, flags }));
    }
  });
  const topology = useTopology(async () => ({
    instances: 1,
    etcd: false,
    externalPods: pods.map(({ address }) => address),
    baton: {
      pool: {
        endpoints: pods.map(({ address, id }) => ({ address, models: [id], labels: { gpu: `gpu-${id}` } })),
      },
      scheduling: { labelHeader },
    },
    amendEnvoy: (bootstrap) => {
      waitForDecisions(bootstrap);
      forwardHeader(bootstrap, labelHeader);
    },
  }));
  afterAll(() => Promise.all(pods.map((pod) => pod.stop())));

  const send = async (model: string, headers: Record<string, string>) => {
    const body = { model, messages: [], max_tokens: 1 };
    const { status, text, headers: received } = await sendHttp(topology().chatUrl, { headers, body });
    return { status, servedBy: received['x-podsim-id'], error: JSON.parse(text).error };
  };

  it.each(['x-baton-model', 'x-gateway-model-name'])('%s sends each request to its model', async (header) => {
    for (let nth = 0; nth < 10; nth += 1) {
      for (const model of ['a', 'b']) {
        expect(await send(model, { [header]: model })).toMatchObject({ status: 200, servedBy: model });
      }
    }
  });

  it('an unknown model gets 404 in the shape of OpenAI', async () => {
    expect(await send('c', { 'x-baton-model': 'c' })).toEqual({
      status: 404,
      servedBy: undefined,
      error: {
        message: 'The model "c" does not exist: no endpoint serves it.',
        type: 'invalid_request_error',
        param: null,
        code: 'model_not_found',
      },
    });
  });

  it('a label selector leaves the pods that have the labels', async () => {
    for (let nth = 0; nth < 6; nth += 1) {
      expect(await send('b', { [labelHeader]: 'gpu=gpu-b' })).toMatchObject({ status: 200, servedBy: 'b' });
    }
    const { status, error } = await send('b', { [labelHeader]: 'gpu=other' });
    expect({ status, code: error.code }).toEqual({ status: 503, code: 'no_endpoint_with_labels' });
    expect((await send('b', { [labelHeader]: 'gpu in x' })).status).toBe(400);
  });

  it('warns of no trait, because all are read', () => {
    expect(logLines(topology().instances[0] as Baton, 'endpoint.traits-unused')).toEqual([]);
  });
});
