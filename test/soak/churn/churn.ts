import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Etcd } from '../../../tools/testbed/etcd.ts';
import { freePorts } from '../../../tools/testbed/ports.ts';
import { rollingUpgrade } from '../../../tools/testbed/rollingUpgrade.ts';
import type { SseReport } from '../../../tools/testbed/sseCounter.ts';
import { SseLoad } from '../../../tools/testbed/sseLoad.ts';
import { StatePoller } from '../../../tools/testbed/statePoller.ts';
import { findTools } from '../../../tools/testbed/tools.ts';
import { startTopology, type Topology } from '../../../tools/testbed/topology.ts';
import { until } from '../../../tools/testbed/until.ts';
import { PodsProcess } from './podsProcess.ts';

export interface ChurnOptions {
  readonly seconds: number;
  readonly pods: number;
  readonly requestsPerSecond: number;
  readonly print: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface ChurnReport {
  readonly load: SseReport;
  readonly joined: number;
  readonly left: number;
  /** Undefined: no request was lost, and at the end everybody had the same pods. */
  readonly failure: string | undefined;
}

const batons = 3;
/** How long no Baton runs after all were killed. */
const goneMs = 3_000;

/**
 * Pods that register, come and go under load, in front of Baton an Envoy that has no list of them;
 * a rolling upgrade, and later kill -9 of all Batons at once. Nothing may fail: no pod ends in the
 * middle of an answer. Stops what it has started.
 */
export async function churn(options: ChurnOptions): Promise<ChurnReport> {
  const { pods, print, requestsPerSecond } = options;
  const tools = findTools(process.env);
  const dir = await mkdtemp(join(tmpdir(), 'baton-churn-'));
  const [clientPort, peerPort] = (await freePorts(2)) as [number, number];
  const etcd = await Etcd.start({ bin: tools.etcd, clientPort, peerPort, dataDir: join(dir, 'etcd') });
  let registered: PodsProcess | undefined;
  let topology: Topology | undefined;
  try {
    registered = await PodsProcess.start(etcd.endpoint, pods);
    const { addresses } = await registered.send('summary');
    topology = await startTopology({
      tools,
      instances: batons,
      externalEtcd: [etcd.endpoint],
      externalPods: addresses,
      registerPods: 'already',
      baton: { consistency: { intervalMs: 1_000 } },
    });
    await allHave(topology, addresses);
    print(`${pods} pods are in Envoy; ${requestsPerSecond} requests/s begin`);
    const load = new SseLoad({ url: topology.chatUrl, pace: { kind: 'open', requestsPerSecond } });
    void load.start();
    const failure = await runPhases(topology, registered, options).catch((error: Error) => error.message);
    const { joined, left } = await registered.send('summary');
    const report = await load.stop();
    const lost = report.failed + report.cut;
    const losses = lost > 0 ? `${lost} of ${report.sent} requests were lost` : undefined;
    return { load: report, joined, left, failure: failure ?? losses };
  } finally {
    await topology?.stop();
    await registered?.stop();
    await etcd.kill();
    await rm(dir, { recursive: true, force: true });
  }
}

/** @returns undefined; a failure is thrown */
async function runPhases(
  topology: Topology,
  registered: PodsProcess,
  options: ChurnOptions,
): Promise<undefined> {
  const { print, seconds, signal } = options;
  const pause = (share: number) => sleep(seconds * share * 1_000, undefined, { signal }).catch(() => {});
  const settle = async (after: string) => {
    const { addresses, joined, left } = await registered.send('stop-changes');
    await allHave(topology, addresses);
    print(
      `${after}: Envoy and all Batons have the same ${addresses.length} pods; ${joined} came, ${left} went`,
    );
  };
  await registered.send('start-changes');
  await pause(0.2);
  const poller = new StatePoller(topology.instances);
  poller.start();
  try {
    await rollingUpgrade(topology, { release: '2.0.0', generation: 2 }, poller, print);
  } finally {
    await poller.stop();
  }
  await pause(0.2);
  await settle('upgraded');
  await registered.send('start-changes');
  await pause(0.2);
  print('kill -9 of all Batons');
  await Promise.all(topology.instances.map((instance) => instance.kill()));
  await sleep(goneMs);
  await Promise.all(topology.instances.map((instance) => instance.start()));
  print('all Batons are ready again');
  await pause(0.4);
  await settle('at the end');
  return undefined;
}

/** Waits until Envoy, and every Baton, has exactly these pods, and uses them. */
async function allHave({ envoy, instances }: Topology, addresses: readonly string[]): Promise<void> {
  const wanted = addresses.join(' ');
  const same = (found: readonly string[]) => [...found].sort().join(' ') === wanted;
  await until(
    async () => {
      const hosts = [...(await envoy.hosts('model_pods'))].filter(([, isUp]) => isUp);
      if (!same(hosts.map(([address]) => address))) return false;
      const states = await Promise.all(instances.map((instance) => instance.state()));
      return states.every(({ consistency, pool }) => {
        if ((consistency.last ?? []).length > 0) throw new Error('counts differ from open streams');
        return same(pool.filter(({ ready }) => ready).map(({ address }) => address));
      });
    },
    { what: `${addresses.length} pods in Envoy and in all Batons`, timeoutMs: 60_000, intervalMs: 200 },
  );
}
