import { join } from 'node:path';
import { Baton, type BatonSettings, mergeSettings } from '../tools/testbed/baton.ts';
import { ChildProcess } from '../tools/testbed/childProcess.ts';
import type { EnvoyBootstrap } from '../tools/testbed/envoyAddresses.ts';
import { freePort } from '../tools/testbed/ports.ts';
import type { Stage } from './environment.ts';
import { partsOf } from './envoyParts.ts';
import { kit } from './kit.ts';

/**
 * The setups: Envoy alone, and Envoy with each scheduler, in an order that puts those side by side
 * whose ratios matter most. All schedulers give the same answer: a header and metadata that name
 * all pods, starting with another one each time.
 */
export interface Setup {
  readonly name: string;
  /** Launches the scheduler on `port` and does not wait for it; undefined where there is none. */
  readonly launch?: (world: BenchEnvironment) => Promise<ChildProcess>;
  /** A file in envoy/. Default: envoy.yaml. */
  readonly envoyConfig?: string;
  readonly amendEnvoy?: (bootstrap: EnvoyBootstrap) => void;
}

export interface BenchEnvironment extends Pick<Stage, 'dir' | 'pods'> {
  readonly port: number;
  /** Client URL of the etcd that all setups share. */
  readonly etcd: string;
}

export const aloneName = 'Envoy alone';
export const referenceName = 'Go no-op';

export const setups: readonly Setup[] = [
  { name: aloneName, amendEnvoy: withoutScheduler },
  {
    name: referenceName,
    launch: ({ port, pods }) => program('Go no-op', kit, ['noop', at(port), ...pods]),
  },
  { name: 'Baton builtin, etcd', launch: (world) => baton(world, 'builtin', true) },
  { name: 'Baton builtin', launch: (world) => baton(world, 'builtin', false) },
  {
    name: 'Baton builtin, no response watched',
    launch: (world) => baton(world, 'builtin', false, { signals: { enabled: false } }),
  },
  {
    name: 'Baton builtin, all response headers',
    launch: (world) => baton(world, 'builtin', false, { signals: { sampleOneIn: 1 } }),
  },
  {
    name: 'grpc-js no-op',
    launch: ({ port, pods }) => {
      const file = join(import.meta.dirname, 'grpcJsNoop.ts');
      return program('grpc-js no-op', process.execPath, [file, at(port), ...pods]);
    },
  },
  { name: 'Baton grpc-js', launch: (world) => baton(world, 'grpc-js', false) },
  { name: 'Baton grpc-js, etcd', launch: (world) => baton(world, 'grpc-js', true) },
];

const twoWorkersName = 'Baton builtin, etcd, 2 workers';

/** Without Envoy, which would use the processors too: what the scheduler itself can do. */
export const directSetups: readonly Setup[] = [
  ...setups.filter(({ name }) => [referenceName, 'grpc-js no-op', 'Baton builtin, etcd'].includes(name)),
  { name: twoWorkersName, launch: (world) => baton(world, 'builtin', true, { server: { workers: 2 } }) },
  {
    // A lower bound for the cost of sharing.
    name: `${twoWorkersName}, one write a minute`,
    launch: (world) =>
      baton(world, 'builtin', true, { server: { workers: 2 }, sync: { minIntervalMs: 60_000 } }),
  },
];

async function baton(
  world: BenchEnvironment,
  transport: string,
  isShared: boolean,
  more: BatonSettings = {},
): Promise<ChildProcess> {
  const instance = new Baton({
    name: 'bench',
    port: world.port,
    adminPort: await freePort(),
    dir: world.dir,
    settings: mergeSettings(
      {
        server: { transport },
        // The reference server cannot leave responses.
        ...(transport === 'grpc-js' && { gateway: { responses: 'count' } }),
        pool: { endpoints: world.pods, name: `bench-${world.port}` },
        ...(isShared && { etcd: { endpoints: [world.etcd] } }),
      },
      more,
    ),
  });
  await instance.launch();
  return instance.process;
}

function program(name: string, command: string, args: readonly string[]): Promise<ChildProcess> {
  return ChildProcess.start({ name, command, args });
}

/** The same Envoy without the ext_proc filter, so that its fallback policy balances. */
function withoutScheduler(bootstrap: EnvoyBootstrap): void {
  const { manager } = partsOf(bootstrap);
  manager.http_filters = manager.http_filters.filter(({ name }) => name !== 'envoy.filters.http.ext_proc');
}

function at(port: number): string {
  return `127.0.0.1:${port}`;
}
