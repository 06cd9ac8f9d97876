import { SseLoad } from '../../../tools/testbed/sseLoad.ts';
import { startTopology } from '../../../tools/testbed/topology.ts';
import { setFault } from '../../support/podFault.ts';
import { shortAnswers } from '../shortAnswers.ts';
import type { GroupOptions, StagedGroup } from '../stagedGroup.ts';

/** Pods that fail, behind Envoy and an instance without etcd. */
export async function podGroup({ tools }: GroupOptions): Promise<StagedGroup> {
  const topology = await startTopology({
    ...{ tools, etcd: false, instances: 1, pods: 4, podFlags: shortAnswers },
    baton: { pool: { probe: { intervalMs: 200 } }, signals: { sampleOneIn: 1 } },
  });
  const load = new SseLoad({ url: topology.chatUrl, pace: { kind: 'open', requestsPerSecond: 20 } });
  void load.start();
  return {
    job: 'pods',
    adminUrls: topology.instances.map(({ adminUrl }) => adminUrl),
    async stage(expectAlert) {
      const [failing, dead, ...others] = topology.pods as [
        (typeof topology.pods)[0],
        (typeof topology.pods)[0],
      ];
      await setFault(failing, { kind: 'error' });
      await dead.kill();
      await Promise.all([
        expectAlert('BatonEndpointQuarantined', 'a pod answers 500, and its probe 200'),
        expectAlert('BatonEndpointDown', 'a pod is killed'),
      ]);
      for (const pod of others) await setFault(pod, { kind: 'unhealthy' });
      await expectAlert('BatonPoolPanic', 'the probes of the pods that answer fail');
      await Promise.all(topology.pods.map((pod) => pod.kill()));
      await Promise.all([
        expectAlert('BatonNoEndpoints', 'all pods are killed'),
        expectAlert('BatonRequestsRefused', 'all pods are killed, under load'),
      ]);
    },
    async stop() {
      const stopped = load.stop();
      await topology.stop();
      await stopped;
    },
  };
}
