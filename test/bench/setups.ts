import { join } from 'node:path';
import { Baton } from '../../src/rehearsal/baton.ts';
import { ChildProcess } from '../../src/rehearsal/childProcess.ts';
import type { EnvoyBootstrap } from '../../src/rehearsal/envoyAddresses.ts';
import { freePort } from '../../src/rehearsal/ports.ts';

/** What is compared: Envoy alone, and Envoy with each scheduler. */
export interface Setup {
  readonly name: string;
  /** Starts the scheduler on `port`; undefined where there is none. */
  readonly start?: (world: World) => Promise<ChildProcess>;
  readonly amendEnvoy?: (bootstrap: EnvoyBootstrap) => void;
}

export interface World {
  readonly kit: string;
  readonly dir: string;
  readonly port: number;
  readonly pods: readonly string[];
  /** Client URL of the etcd that all setups share. */
  readonly etcd: string;
}

export const setups: readonly Setup[] = [
  { name: 'Envoy alone', amendEnvoy: withoutScheduler },
  {
    name: 'Go no-op',
    start: ({ kit, port, pods }) => program('Go no-op', kit, ['noop', at(port), first(pods)]),
  },
  {
    name: 'grpc-js no-op',
    start: ({ port, pods }) => {
      const file = join(import.meta.dirname, 'grpcJsNoop.ts');
      return program('grpc-js no-op', process.execPath, [file, at(port), first(pods)]);
    },
  },
  { name: 'Baton grpc-js', start: (world) => baton(world, 'grpc-js', false) },
  { name: 'Baton grpc-js, etcd', start: (world) => baton(world, 'grpc-js', true) },
  { name: 'Baton native', start: (world) => baton(world, 'native', false) },
  { name: 'Baton native, etcd', start: (world) => baton(world, 'native', true) },
];

async function baton(world: World, transport: string, isShared: boolean): Promise<ChildProcess> {
  const instance = new Baton({
    name: 'bench',
    port: world.port,
    adminPort: await freePort(),
    dir: world.dir,
    settings: {
      server: { transport },
      pool: { endpoints: world.pods, name: `bench-${world.port}` },
      drain: { noticeMs: 0, quietMs: 0 },
      ...(isShared && { etcd: { endpoints: [world.etcd] } }),
    },
  });
  await instance.start();
  return instance.process;
}

function program(name: string, command: string, args: readonly string[]): Promise<ChildProcess> {
  return ChildProcess.start({ name, command, args });
}

/** The same Envoy with the ext_proc filter left out, so that its fallback policy balances. */
function withoutScheduler(bootstrap: EnvoyBootstrap): void {
  const manager = managerOf(bootstrap);
  manager.http_filters = manager.http_filters.filter(({ name }) => name !== 'envoy.filters.http.ext_proc');
}

interface Manager {
  http_filters: { readonly name: string }[];
}

function managerOf(bootstrap: EnvoyBootstrap): Manager {
  const [listener] = bootstrap.static_resources.listeners as unknown as [
    { filter_chains: [{ filters: [{ typed_config: Manager }] }] },
  ];
  return listener.filter_chains[0].filters[0].typed_config;
}

function at(port: number): string {
  return `127.0.0.1:${port}`;
}

function first(pods: readonly string[]): string {
  return pods[0] ?? '';
}
