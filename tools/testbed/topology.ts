import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Baton, type BatonSettings, mergeSettings } from './baton.ts';
import type { ChildProcess, LaunchOptions } from './childProcess.ts';
import { Envoy } from './envoy.ts';
import type { EnvoyBootstrap } from './envoyAddresses.ts';
import { Etcd } from './etcd.ts';
import { type GatewayFile, withReadiness } from './gatewayFiles.ts';
import { Pod, type PodOptions } from './pod.ts';
import { freePort, freePortRow, freePorts } from './ports.ts';
import { Registrar } from './registrar.ts';
import type { Release } from './release.ts';
import type { Tools } from './tools.ts';

/**
 * All parts as real processes on one machine: etcd, simulated pods, Baton instances, and Envoy in
 * front. The end-to-end tests, the rehearsal, benchmarks and `make up` start one, each with its own
 * options.
 */
export interface TopologyOptions {
  /** etcd only where one is started. */
  readonly tools: Pick<Tools, 'envoy'> & Partial<Tools>;
  /** Default 2. */
  readonly instances?: number;
  /** Further instances that Envoy knows but that are not started. Default 0. */
  readonly laterInstances?: number;
  /** Default 3. */
  readonly pods?: number;
  /** Default true; with false each instance has an in-memory ledger. */
  readonly etcd?: boolean;
  /**
   * Pods register in etcd, and Envoy gets them from Baton, with `envoy-eds.yaml`; external ones may
   * be registered already. Default: both have lists of them.
   */
  readonly registerPods?: boolean | 'already';
  /**
   * Several pools in each instance, as in its file but for their endpoints: the pods go to them in
   * turn.
   */
  readonly pools?: readonly Readonly<Record<string, unknown>>[];
  /** A file in envoy/, or the path of another. Default `envoy.yaml`. */
  readonly envoyConfig?: string;
  /** Envoy as this gateway configures it, in place of `envoyConfig`. */
  readonly gateway?: GatewayFile;
  readonly amendEnvoy?: (bootstrap: EnvoyBootstrap) => void;
  /** Envoy's worker threads; default 1. */
  readonly envoyThreads?: number;
  /** The first release. Default: release 1.0.0, generation 1, of this package. */
  readonly release?: Release;
  /** Environment variables of every instance; none of this process are passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Client URLs of a running etcd: none is started. */
  readonly externalEtcd?: readonly string[];
  /** Addresses of running pods: none is started. */
  readonly externalPods?: readonly string[];
  /** Settings of every instance; they replace those that connect the parts. */
  readonly baton?: BatonSettings;
  /** Weight of each pod, where not 1. */
  readonly podWeights?: readonly number[];
  readonly podFlags?: PodOptions['flags'];
  /** Default: free ports. */
  readonly ports?: TopologyPorts;
  /** The parts outlive this process and write their logs to this folder, which is kept. */
  readonly backgroundDir?: string;
}

export interface TopologyPorts {
  readonly envoy: number;
  readonly envoyAdmin: number;
  readonly etcdClient: number;
  readonly etcdPeer: number;
  /** gRPC port and admin port of each instance, later instances last. */
  readonly instances: readonly InstancePorts[];
  readonly pods: readonly number[];
}

interface InstancePorts {
  readonly grpc: number;
  readonly admin: number;
}

export interface Topology {
  readonly envoy: Envoy;
  /** Undefined without etcd or with an external one. */
  readonly etcd: Etcd | undefined;
  readonly instances: readonly Baton[];
  /** Not started; `stop` ends those that were. */
  readonly laterInstances: readonly Baton[];
  /** The pods that this topology started. */
  readonly pods: readonly Pod[];
  /** The pods in the pool: those started here, or the external ones. */
  readonly poolPods: readonly PoolPod[];
  /** With `registerPods`: of each pod, by its address. */
  readonly registrars: ReadonlyMap<string, Registrar>;
  /** With `registerPods`: starts one more pod and registers it. */
  addPod(): Promise<Pod>;
  /** Where clients POST their chat completions. */
  readonly chatUrl: string;
  /** The current processes, in the order of their start. */
  processes(): readonly ChildProcess[];
  /** Ends every part by SIGKILL: a part that must end cleanly has its own handle. Idempotent. */
  stop(): Promise<void>;
}

export type PoolPod = Pick<Pod, 'id' | 'address'>;

/** Names of instances: a, b, … */
export const instanceName = (index: number): string => String.fromCharCode('a'.charCodeAt(0) + index);

/**
 * Resolves once Envoy finds all instances and pods healthy. If a part fails to start, all others
 * are ended.
 */
export async function startTopology(options: TopologyOptions): Promise<Topology> {
  const { instances: instanceCount = 2, laterInstances: laterCount = 0, pods: podCount = 3 } = options;
  const dir = options.backgroundDir ?? (await mkdtemp(join(tmpdir(), 'baton-topology-')));
  const background = (part: string): { background?: LaunchOptions['background'] } =>
    options.backgroundDir === undefined ? {} : { background: { logFile: join(dir, `${part}.log`) } };

  const instances: Baton[] = [];
  const laterInstances: Baton[] = [];
  const pods: Pod[] = [];
  const registrars = new Map<string, Registrar>();
  let etcd: Etcd | undefined;
  let envoy: Envoy | undefined;
  const processes = () => [
    ...(etcd ? [etcd.process] : []),
    // flatMap skips the places of parts that have not started.
    ...pods.flatMap((pod) => pod.process),
    ...[...registrars.values()].map((registrar) => registrar.process),
    ...[...instances, ...laterInstances].flatMap((instance) => instance.processes),
    ...(envoy ? [envoy.process] : []),
  ];
  const stop = async () => {
    await Promise.all(processes().map((process) => process.kill()));
    if (options.backgroundDir === undefined) await rm(dir, { recursive: true, force: true });
  };

  try {
    const workers = Number(options.baton?.server?.workers ?? 1);
    const ports =
      options.ports ??
      (await choosePorts(instanceCount + laterCount, options.externalPods ? 0 : podCount, workers));
    const startEtcd = async () => {
      if (options.etcd === false || options.externalEtcd) return;
      const { etcd: bin } = options.tools;
      if (bin === undefined) throw new Error('a topology that starts etcd needs the path of its binary');
      const dataDir = join(dir, 'etcd');
      const { etcdClient: clientPort, etcdPeer: peerPort } = ports;
      etcd = await Etcd.start({
        bin,
        clientPort,
        peerPort,
        dataDir,
        ...background('etcd'),
      });
    };
    const startPod = async (port: number, index: number) => {
      const id = `pod-${index + 1}`;
      pods[index] = await Pod.start({ id, port, flags: options.podFlags ?? {}, ...background(id) });
    };
    // allSettled: all parts must be known before they are ended.
    await waitForAll([startEtcd(), ...ports.pods.map(startPod)]);

    const targets = options.externalPods?.map((address) => ({ id: address, address })) ?? pods;
    const etcdEndpoints = options.externalEtcd ?? (etcd ? [etcd.endpoint] : []);
    const listed = options.registerPods ? [] : targets;
    const { gateway } = options;
    const wanted = mergeSettings(gateway?.baton ?? {}, options.baton ?? {});
    const shared = mergeSettings(
      mergeSettings(
        poolSettings(listed, options),
        etcdEndpoints.length > 0 ? { etcd: { endpoints: etcdEndpoints } } : {},
      ),
      mergeSettings(options.registerPods ? { pool: { etcd: true } } : {}, wanted),
    );
    const register = async ({ id, address }: PoolPod, index: number): Promise<void> => {
      const [etcdEndpoint = ''] = etcdEndpoints;
      const poolName = String(shared.pool?.name ?? 'default');
      const weight = options.podWeights?.[index] ?? 1;
      const more = background(`registrar-${id}`);
      registrars.set(address, await Registrar.start({ address, etcdEndpoint, poolName, weight, ...more }));
    };
    if (options.registerPods === true) await waitForAll(targets.map(register));
    const addPod = async (): Promise<Pod> => {
      const index = pods.length;
      await startPod(await freePort(), index);
      const pod = pods[index] as Pod;
      await register(pod, index);
      return pod;
    };
    const { release = '1.0.0', generation = 1, command } = options.release ?? {};
    const makeInstance = ({ grpc: port, admin: adminPort }: InstancePorts, index: number): Baton => {
      const name = instanceName(index);
      const settings = mergeSettings({ instance: { release, generation } }, shared);
      return new Baton({
        name,
        port,
        adminPort,
        dir,
        settings,
        ...(command && { command }),
        ...(options.env && { env: options.env }),
        ...background(`baton-${name}`),
      });
    };
    const all = ports.instances.map(makeInstance);
    laterInstances.push(...all.slice(instanceCount));
    const startInstance = async (baton: Baton, index: number) => {
      await baton.launch();
      instances[index] = baton;
      await baton.waitUntilReady();
    };
    await waitForAll(all.slice(0, instanceCount).map(startInstance));

    const { envoy: listenerPort, envoyAdmin: adminPort } = ports;
    const schedulers = instances.map(({ address }) => address);
    const laterSchedulers = laterInstances.map(({ address }) => address);
    envoy = await Envoy.start({
      bin: options.tools.envoy,
      configuration: gateway?.configuration ?? options.envoyConfig ?? ownConfiguration(options),
      dir,
      listenerPort,
      adminPort,
      schedulers: [...schedulers, ...laterSchedulers],
      pods: targets.map(({ address }) => address),
      amend: (bootstrap) => {
        if (gateway !== undefined) withReadiness(bootstrap);
        options.amendEnvoy?.(bootstrap);
      },
      ...(options.envoyThreads && { threads: options.envoyThreads }),
      ...background('envoy'),
    });
    await envoy.waitForHealthy('scheduler', schedulers);
    const podAddresses = targets.map(({ address }) => address);
    if (gateway?.listsPods ?? true) await envoy.waitForHealthy('model_pods', podAddresses);
    const chatUrl = `${envoy.url}/v1/chat/completions`;
    return {
      envoy,
      etcd,
      instances,
      laterInstances,
      pods,
      poolPods: targets,
      registrars,
      addPod,
      chatUrl,
      processes,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const ownConfiguration = ({ registerPods }: TopologyOptions): string =>
  registerPods ? 'envoy-eds.yaml' : 'envoy.yaml';

async function choosePorts(instanceCount: number, podCount: number, workers: number): Promise<TopologyPorts> {
  const [envoy, envoyAdmin, etcdClient, etcdPeer] = (await freePorts(4)) as [number, number, number, number];
  const instances: InstancePorts[] = [];
  while (instances.length < instanceCount)
    instances.push({ grpc: await freePort(), admin: await freePortRow(workers) });
  return { envoy, envoyAdmin, etcdClient, etcdPeer, instances, pods: await freePorts(podCount) };
}

function poolSettings(
  poolPods: readonly PoolPod[],
  { podWeights = [], pools }: Pick<TopologyOptions, 'podWeights' | 'pools'>,
): BatonSettings {
  const endpoints = poolPods.map(({ address }, index) => ({ address, weight: podWeights[index] ?? 1 }));
  if (pools === undefined) return { pool: { endpoints } };
  const entries = pools.map((pool, nth) => ({
    ...pool,
    endpoints: endpoints.filter((_, index) => index % pools.length === nth),
  }));
  return { pools: entries as unknown as BatonSettings[string] };
}

async function waitForAll(starts: readonly Promise<void>[]): Promise<void> {
  for (const start of await Promise.allSettled(starts)) {
    if (start.status === 'rejected') throw start.reason;
  }
}
