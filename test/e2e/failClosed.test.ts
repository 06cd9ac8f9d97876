import { Agent } from 'node:http';
import type { Baton } from '../../tools/testbed/baton.ts';
import type { Pod } from '../../tools/testbed/pod.ts';
import { sendSseRequest } from '../../tools/testbed/sseRequest.ts';
import { ask } from '../support/ask.ts';
import { waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { fillSlots, waitingInPods } from '../support/fullPods.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { envoyAsks, useTopology } from '../support/topology.ts';

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
    ask(topology().chatUrl, { headers, body: { messages: [], max_tokens: 1 } });

  afterEach(async () => {
    if (!instance().process.running) await instance().start();
    await envoyAsks(topology(), [instance()]);
  });

  it('serves what it has decided on', async () => {
    expect(await send()).toMatchObject({ status: 200 });
  });

  it('answers 503 while there is no instance, whatever headers a client sends, and serves again after', async () => {
    const [{ address }] = topology().pods as readonly [Pod];
    await instance().kill();
    for (const headers of [{}, { 'x-gateway-destination-endpoint': address, 'target-pod': address }]) {
      const { status, headers: answered, text } = await send(headers);
      expect(status).toBe(503);
      expect(answered).toMatchObject({ 'content-type': 'application/json', 'retry-after': '1' });
      expect(JSON.parse(text)).toMatchObject({ error: { code: 'no_scheduler', param: null } });
    }
    await instance().start();
    await envoyAsks(topology(), [instance()]);
    expect(await send()).toMatchObject({ status: 200 });
  });

  it('leaves a response whole whose instance is killed after its decision', async () => {
    const agent = new Agent();
    const giveBack = await fillSlots(topology().pods);
    const stream = sendSseRequest({ url: topology().chatUrl, agent });
    try {
      await eventually(async () => expect(await waitingInPods(topology().pods)).toBe(1));
      await instance().kill();
    } finally {
      await giveBack();
    }
    expect(await stream).toMatchObject({ kind: 'ok' });
    agent.destroy();
  });
});
