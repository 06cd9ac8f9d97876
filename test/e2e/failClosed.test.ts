import { Agent } from 'node:http';
import type { Baton } from '../../tools/testbed/baton.ts';
import type { Pod } from '../../tools/testbed/pod.ts';
import { sendSseRequest } from '../../tools/testbed/sseRequest.ts';
import { waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { fillSlots, waitingInPods } from '../support/fullPods.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { envoyRoutesTo, useTopology } from '../support/topology.ts';

/** What clients get from fail-closed.yaml: no decision, no pod. */
checkForLeaks();

describe('with fail-closed.yaml and one instance', () => {
  const topology = useTopology({
    instances: 1,
    pods: 1,
    etcd: false,
    envoyConfig: 'fail-closed.yaml',
    amendEnvoy: waitForDecisions,
    baton: { pool: { probe: { timeoutMs: 5_000 } } },
  });
  const instance = () => topology().instances[0] as Baton;
  const send = (headers: Record<string, string> = {}) =>
    sendHttp(topology().chatUrl, { headers, body: { messages: [], max_tokens: 1 } });

  afterEach(async () => {
    if (!instance().process.running) await instance().start();
    await envoyRoutesTo(topology(), [instance()]);
  });

  it('serves decided requests', async () => {
    expect(await send()).toMatchObject({ status: 200 });
  });

  it('answers 503 without an instance, whatever headers a client sends, and then serves again', async () => {
    const [{ address }] = topology().pods as readonly [Pod];
    await instance().kill();
    for (const headers of [{}, { 'x-gateway-destination-endpoint': address, 'target-pod': address }]) {
      const { status, headers: received, text } = await send(headers);
      expect(status).toBe(503);
      expect(received).toMatchObject({ 'content-type': 'application/json', 'retry-after': '1' });
      expect(JSON.parse(text)).toMatchObject({ error: { code: 'no_scheduler', param: null } });
    }
    await instance().start();
    await envoyRoutesTo(topology(), [instance()]);
    expect(await send()).toMatchObject({ status: 200 });
  });

  it('completes a response whose instance is killed after the decision', async () => {
    const agent = new Agent();
    const releaseSlots = await fillSlots(topology().pods);
    const stream = sendSseRequest({ url: topology().chatUrl, agent });
    try {
      await eventually(async () => expect(await waitingInPods(topology().pods)).toBe(1));
      await instance().kill();
    } finally {
      await releaseSlots();
    }
    expect(await stream).toMatchObject({ kind: 'ok' });
    agent.destroy();
  });
});
