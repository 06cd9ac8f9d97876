import { setTimeout as sleep } from 'node:timers/promises';
import { ExtProcClient, openExchange } from '../../../tools/testbed/extProcClient.ts';
import { SseLoad } from '../../../tools/testbed/sseLoad.ts';
import { startTopology } from '../../../tools/testbed/topology.ts';
import { until } from '../../../tools/testbed/until.ts';
import { runBaton } from '../../support/batonCommand.ts';
import { FaultProxy } from '../../support/faultProxy.ts';
import { EtcdGateway } from '../etcdGateway.ts';
import { shortAnswers } from '../shortAnswers.ts';
import type { Expect, GroupOptions, StagedGroup } from '../stagedGroup.ts';

/**
 * Two instances and later a third one of a newer release, behind Envoy, with etcd. One of them has
 * a line to etcd that can be cut.
 */
export async function storeGroup({ tools }: GroupOptions): Promise<StagedGroup> {
  const topology = await startTopology({
    ...{ tools, instances: 2, laterInstances: 1, pods: 2, registerPods: true, podFlags: shortAnswers },
    baton: { drain: { graceMs: 5_000 }, consistency: { intervalMs: 500 } },
  });
  const [a, b] = topology.instances as [(typeof topology.instances)[0], (typeof topology.instances)[0]];
  const [newer] = topology.laterInstances as [typeof a];
  const { endpoint = '' } = topology.etcd ?? {};
  const line = await FaultProxy.start({ host: '127.0.0.1', port: Number(new URL(endpoint).port) });
  await b.stopCleanly();
  await b.start({ etcd: { endpoints: [`http://${line.address}`] } });
  const etcd = new EtcdGateway(endpoint, '/baton/v1/default');
  const startLoad = (): SseLoad => {
    const pace = { kind: 'open', requestsPerSecond: 20 } as const;
    const started = new SseLoad({ url: topology.chatUrl, pace });
    void started.start();
    return started;
  };
  let load = startLoad();

  const stage = async (expectAlert: Expect): Promise<void> => {
    const idOfA = (await a.state()).instance.id;
    // An instance without traffic writes rarely, and its record stays as others leave it.
    await load.stop();
    const counted = await openExchange(a.address);
    await etcd.put('endpoints/not-an-address', Buffer.from('nonsense'));
    const deleting = deleteLoadReport(etcd, idOfA);
    await Promise.all([
      expectAlert('BatonRecordsSkipped', 'a record that cannot be read is written into etcd'),
      expectAlert('BatonCountsWrong', "someone deletes an instance's load report in etcd"),
    ]);
    await deleting();
    counted.end();
    load = startLoad();
    for (let nth = 0; nth < 3; nth++) await etcd.revokeLeaseOf(`instances/${idOfA}`);
    await expectAlert('BatonLeaseLost', "an instance's lease is revoked three times");

    line.fault = { kind: 'delay', ms: 400 };
    await expectAlert('BatonSyncSlow', 'the line to etcd of one instance takes 400 ms each way');
    line.fault = { kind: 'loss', direction: 'to-client' };
    await Promise.all([
      newer.launch({ instance: { release: '2.0.0', generation: 2 } }),
      expectAlert('BatonDegraded', 'one instance hears nothing of etcd'),
      expectAlert('BatonViewOld', 'one instance hears nothing of etcd'),
      expectAlert(
        'BatonGenerationsDisagree',
        'one instance hears nothing of etcd while a newer release takes over',
      ),
    ]);
    line.fault = { kind: 'none' };
    const pin = ['upgrade', 'pin', '1', '--reason', 'staged', '--etcd', endpoint];
    await until(async () => (await runBaton(pin)).exitCode === 0, { what: 'the pin', timeoutMs: 60_000 });
    await expectAlert('BatonGenerationPinned', '`baton upgrade pin`');
    await runBaton(['upgrade', 'release', '--etcd', endpoint]);

    const held = await Promise.all([a, a, newer].map(({ address }) => openExchange(address)));
    void a.stop();
    await expectAlert(
      'BatonDrainTooShort',
      'an instance stops while a request lasts longer than `drain.graceMs`',
    );
    const clients = [b, newer].map(({ address }) => new ExtProcClient(address));
    await Promise.all(clients.map((client) => client.open()));
    void b.stop();
    void newer.stop();
    await expectAlert('BatonNoneServing', 'all instances stop, with requests that go on');
    for (const exchange of held) exchange.end();
    for (const client of clients) client.close();
  };
  const stop = async (): Promise<void> => {
    const stopped = load.stop();
    await topology.stop();
    await stopped;
    await line.stop();
  };
  return { job: 'store', adminUrls: [a, b, newer].map(({ adminUrl }) => adminUrl), stage, stop };
}

/** @returns what ends it */
function deleteLoadReport(etcd: EtcdGateway, id: string): () => Promise<void> {
  let isOver = false;
  const deleteIt = async (): Promise<void> => {
    while (!isOver) {
      await etcd.delete(`load/${id}`);
      await sleep(500);
    }
  };
  const running = deleteIt();
  return () => {
    isOver = true;
    return running;
  };
}
