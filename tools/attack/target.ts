import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Baton, type BatonSettings, mergeSettings } from '../testbed/baton.ts';
import { Etcd } from '../testbed/etcd.ts';
import { Pod } from '../testbed/pod.ts';
import { freePort, freePorts } from '../testbed/ports.ts';
import { findTools } from '../testbed/tools.ts';
import type { AttackTarget } from './attack.ts';

/** Its own etcd, pods, and the instance that is attacked. All on loopback. */
export interface AttackStage {
  readonly monitorFile: string;
  /** The instance that runs. */
  readonly baton: Baton;
  readonly target: AttackTarget;
  /** Starts the instance, in place of the one that runs. */
  startInstance(settings?: BatonSettings): Promise<void>;
  stop(): Promise<void>;
}

const prefix = '/baton/v1';
const poolName = 'attacked';
const instanceId = 'attacked-1';
/** Two in the pool; the last one is not. */
const podCount = 3;
const loopMonitor = join(import.meta.dirname, `loopMonitor${extname(import.meta.filename)}`);

/** Everything that has started is ended when a part does not start. */
export async function openStage(): Promise<AttackStage> {
  const dir = await mkdtemp(join(tmpdir(), 'baton-attack-'));
  const monitorFile = join(dir, 'loop');
  let etcd: Etcd | undefined;
  let baton: Baton | undefined;
  const pods: Pod[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all([
      ...(baton?.processes ?? []).map((process) => process.kill()),
      ...pods.map((pod) => pod.kill()),
      etcd?.kill(),
    ]);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const [clientPort, peerPort, port, adminPort] = (await freePorts(4)) as [number, number, number, number];
    const bin = findTools(process.env, ['etcd']).etcd;
    etcd = await Etcd.start({ bin, clientPort, peerPort, dataDir: join(dir, 'etcd') });
    while (pods.length < podCount) {
      pods.push(await Pod.start({ id: `pod-${pods.length + 1}`, port: await freePort() }));
    }
    const addresses = pods.map(({ address }) => address);
    const usual: BatonSettings = {
      instance: { id: instanceId, release: '1.0.0', generation: 1 },
      pool: { name: poolName, etcd: true, endpoints: addresses.slice(0, -1) },
      etcd: { prefix, endpoints: [etcd.endpoint] },
      drain: { noticeMs: 0, graceMs: 1_000 },
    };
    const startInstance = async (settings: BatonSettings = {}): Promise<void> => {
      for (const process of baton?.processes ?? []) await process.kill();
      baton = new Baton({
        name: 'attacked',
        port,
        adminPort,
        dir,
        settings: mergeSettings(usual, settings),
        env: {
          PATH: '/usr/local/bin:/usr/bin:/bin',
          NODE_OPTIONS: `--import=${pathToFileURL(loopMonitor)}`,
          LOOP_MONITOR_FILE: monitorFile,
        },
      });
      await baton.start();
    };
    await startInstance();
    return {
      monitorFile,
      get baton() {
        return baton as Baton;
      },
      target: {
        address: `127.0.0.1:${port}`,
        etcd: etcd.endpoint,
        keyPrefix: `${prefix}/${poolName}/`,
        instanceId,
        pod: addresses[0] as string,
        outsider: addresses.at(-1) as string,
      },
      startInstance,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
