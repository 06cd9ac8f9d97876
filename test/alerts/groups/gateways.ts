import { gatewayFile } from '../../../tools/testbed/gatewayFiles.ts';
import { SseLoad } from '../../../tools/testbed/sseLoad.ts';
import { startTopology, type Topology } from '../../../tools/testbed/topology.ts';
import { sendHttp } from '../../support/sendHttp.ts';
import { shortAnswers } from '../shortAnswers.ts';
import type { GroupOptions, StagedGroup } from '../stagedGroup.ts';

/** Longer than prompts whose bodies are not worth a wait. */
const body = { messages: [{ role: 'user', content: 'Count all of these words. '.repeat(100) }] };

/** An Envoy whose filter may not be asked for bodies, and a policy that wants them. */
export async function bodyGroup({ tools }: GroupOptions): Promise<StagedGroup> {
  const topology = await startTopology({
    ...{ tools, etcd: false, instances: 1, pods: 2, podFlags: shortAnswers },
    amendEnvoy: (bootstrap) => {
      const text = JSON.stringify(bootstrap.static_resources);
      bootstrap.static_resources = JSON.parse(
        text.replaceAll('"allow_mode_override":true', '"allow_mode_override":false'),
      );
    },
  });
  return withLoad('bodies', topology, async (expectAlert) => {
    const [instance] = topology.instances as [Topology['instances'][0]];
    await instance.stop();
    await instance.start({ scheduling: { policy: 'prefix' } });
    await expectAlert(
      'BatonBodiesNotSent',
      'the filter lacks `allow_mode_override`, and the policy is `prefix`',
    );
  });
}

/** A gateway that sends bodies through the instance, and pods whose metrics fail. */
export async function fullDuplexGroup({ tools }: GroupOptions): Promise<StagedGroup> {
  const gateway = gatewayFile('istio');
  const topology = await startTopology({
    ...{ tools, etcd: false, instances: 1, pods: 1, podFlags: shortAnswers, gateway },
  });
  return withLoad('full-duplex', topology, async (expectAlert) => {
    for (const { address } of topology.pods)
      await sendHttp(`http://${address}/podsim/metrics`, { body: { kind: 'error' } });
    await expectAlert('BatonLoadAssumed', "with full duplex, a pod's `/metrics` answers 500");
  });
}

function withLoad(job: string, topology: Topology, stage: StagedGroup['stage']): StagedGroup {
  const load = new SseLoad({ url: topology.chatUrl, pace: { kind: 'open', requestsPerSecond: 10 }, body });
  void load.start();
  return {
    job,
    adminUrls: topology.instances.map(({ adminUrl }) => adminUrl),
    stage,
    async stop() {
      const stopped = load.stop();
      await topology.stop();
      await stopped;
    },
  };
}
