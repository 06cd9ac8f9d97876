import { renameSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Baton } from '../../tools/testbed/baton.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { instanceName } from '../../tools/testbed/topology.ts';
import { EtcdCluster } from '../support/etcdCluster.ts';
import { type Fault, FaultProxy } from '../support/faultProxy.ts';
import type { PodConduct } from './streamLoad.ts';

/**
 * One instance, its fault proxies to etcd, and the findings of its consistency checks over all its
 * processes.
 */
export interface SoakMember {
  readonly baton: Baton;
  /** One to each member of etcd, in their order. */
  readonly proxies: readonly FaultProxy[];
  /** Log lines of consistency checks that found differences. */
  readonly differences: string[];
  generation: number;
  /** Starts it, for the first time or again, and waits until it is fit to take traffic. */
  start(): Promise<void>;
}

/**
 * A real etcd cluster of three members and three real instances, each behind fault proxies. No
 * Envoy and no pods.
 */
export interface SoakEnvironment {
  readonly etcd: EtcdCluster;
  readonly members: readonly SoakMember[];
  readonly endpoints: readonly string[];
  /** How those of them serve that do not serve as usual. */
  readonly conduct: Map<string, PodConduct>;
  /** Replaces the content of the endpoint file. */
  writeEndpoints(endpoints: readonly string[]): void;
  /** Kills everything. */
  stop(): Promise<void>;
}

export const prefix = '/baton/v1/soak/';
/** The default: an election of etcd takes up to two seconds of it. */
export const leaseTtlSeconds = 5;
const memberCount = 3;
const endpointCount = 40;
const startTimeoutMs = 90_000;

export async function startSoakEnvironment(): Promise<SoakEnvironment> {
  const dir = await mkdtemp(join(tmpdir(), 'baton-soak-'));
  const etcd = await EtcdCluster.start(dir);
  const members: SoakMember[] = [];
  // Nothing listens there: endpoints are picked but never used.
  const endpoints = Array.from({ length: endpointCount }, (_, nth) => `127.0.0.1:${40_001 + nth}`);
  const poolFile = join(dir, 'endpoints.yaml');
  const writeEndpoints = (current: readonly string[]) => {
    writeFileSync(`${poolFile}.new`, JSON.stringify({ endpoints: current }));
    renameSync(`${poolFile}.new`, poolFile);
  };
  const stop = async () => {
    await Promise.all(members.flatMap(({ baton }) => baton.processes.map((process) => process.kill())));
    await Promise.all(members.flatMap(({ proxies }) => proxies.map((proxy) => proxy.stop())));
    await etcd.kill();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    writeEndpoints(endpoints);
    for (let nth = 0; nth < memberCount; nth += 1) {
      const proxies = await Promise.all(etcd.members.map(({ endpoint }) => proxyTo(endpoint)));
      members.push(member(instanceName(nth), await freePort(), await freePort(), dir, proxies, poolFile));
    }
    await Promise.all(members.map((each) => each.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return { etcd, members, endpoints, conduct: new Map(), writeEndpoints, stop };
}

/** On the lines of an instance to all members of etcd. */
export function setLines({ proxies }: SoakMember, fault: Fault): void {
  for (const proxy of proxies) proxy.fault = fault;
}

function proxyTo(endpoint: string): Promise<FaultProxy> {
  return FaultProxy.start({ host: '127.0.0.1', port: Number(new URL(endpoint).port) });
}

function member(
  name: string,
  port: number,
  adminPort: number,
  dir: string,
  proxies: readonly FaultProxy[],
  poolFile: string,
): SoakMember {
  const baton = new Baton({
    name,
    port,
    adminPort,
    dir,
    settings: {
      instance: { id: name },
      etcd: {
        endpoints: proxies.map(({ address }) => `http://${address}`),
        prefix: '/baton/v1',
        leaseTtlSeconds,
      },
      pool: { name: 'soak', file: poolFile, probe: { enabled: false } },
      consistency: { intervalMs: 500 },
      startup: { storeWaitMs: 2_000 },
      // Shorter than the longest streams, so that every upgrade has a handoff.
      drain: { noticeMs: 200, quietMs: 200, graceMs: 1_500 },
      upgrade: { settleMs: 500, handoffTtlMs: 5_000 },
    },
  });
  const differences: string[] = [];
  const each: SoakMember = {
    baton,
    proxies,
    differences,
    generation: 1,
    start: async () => {
      await baton.launch({ instance: { release: `${each.generation}.0.0`, generation: each.generation } });
      baton.process.output.onLine((line) => {
        if (line.includes('"event":"consistency.differences-found"')) differences.push(line);
      });
      await baton.waitUntilReady(startTimeoutMs);
    },
  };
  return each;
}
