import type { z } from 'zod';
import { parseAddress, splitHostPort } from '../hostPort.ts';

/**
 * Rules between settings. Each function checks one part of the tree and is attached to it in
 * schema.ts. It runs even when other settings are invalid, so that all problems are reported at
 * once.
 */
type Context = z.core.$RefinementCtx;

/** Marks an issue about several settings. */
export const crossField = { kind: 'relation' } as const;

function addProblem(context: Context, path: (string | number)[], message: string): void {
  context.addIssue({ code: 'custom', path, message, params: crossField, input: undefined });
}

export function distinctEndpoints(endpoints: readonly unknown[], context: Context): void {
  const firstAt = new Map<string, number>();
  endpoints.forEach((endpoint, index) => {
    const address = (endpoint as { address?: unknown } | undefined)?.address;
    if (typeof address !== 'string') return; // a problem of its own
    const first = firstAt.get(address);
    if (first === undefined) firstAt.set(address, index);
    else addProblem(context, [index], `${address} is listed already, as pool.endpoints.${first}`);
  });
}

interface NamedPool {
  readonly name?: unknown;
  readonly matches?: unknown;
  readonly eds?: { readonly clusters?: unknown };
}

/** A pool without matches takes every request, so it comes last. Assumes no types. */
export function distinctPools(pools: readonly unknown[], context: Context): void {
  const firstOf = new Map<string, number>();
  const claim = (index: number, path: (string | number)[], name: unknown): void => {
    const first = firstOf.get(String(name));
    if (first !== undefined && first !== index)
      addProblem(context, path, `${String(name)} is the name of pools.${first} already, or of its cluster`);
    firstOf.set(String(name), index);
  };
  pools.forEach((entry, index) => {
    const { name, matches, eds } = (entry ?? {}) as NamedPool;
    if (typeof name === 'string') claim(index, [index, 'name'], name);
    const clusters = eds?.clusters;
    if (Array.isArray(clusters)) for (const one of clusters) claim(index, [index, 'eds', 'clusters'], one);
    if (Array.isArray(matches) && matches.length === 0 && index < pools.length - 1)
      addProblem(context, [index], 'has no matches, so it takes every request: make it the last one');
  });
}

interface TlsIdentity {
  readonly certFile?: string;
  readonly keyFile?: string;
}

export function wholeEtcdIdentity(tls: TlsIdentity & { caFile?: string }, context: Context): void {
  wholeIdentity('etcd.tls', tls, context);
  if (tls.certFile !== undefined && tls.caFile === undefined) {
    addProblem(context, ['certFile'], 'needs etcd.tls.caFile');
  }
}

interface ServerIdentity extends TlsIdentity {
  readonly selfSigned?: boolean;
  readonly clientCaFile?: string;
  readonly clientNames?: readonly string[];
}

export function wholeServerIdentity(tls: ServerIdentity, context: Context): void {
  wholeIdentity('server.tls', tls, context);
  if (tls.selfSigned === true && tls.certFile !== undefined) {
    addProblem(context, ['selfSigned'], 'server.tls.certFile is given too: give one of them');
  }
  if (tls.clientCaFile !== undefined && tls.certFile === undefined) {
    addProblem(context, ['clientCaFile'], 'needs server.tls.certFile');
  }
  if (tls.clientNames !== undefined && tls.clientCaFile === undefined) {
    addProblem(context, ['clientNames'], 'needs server.tls.clientCaFile');
  }
}

function wholeIdentity(section: string, { certFile, keyFile }: TlsIdentity, context: Context): void {
  if (certFile !== undefined && keyFile === undefined) {
    addProblem(context, ['certFile'], `needs ${section}.keyFile`);
  }
  if (keyFile !== undefined && certFile === undefined) {
    addProblem(context, ['keyFile'], `needs ${section}.certFile`);
  }
}

interface EtcdAccess {
  readonly endpoints: readonly string[];
  readonly username?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly tls: { readonly caFile?: string };
}

export function coherentEtcdAccess(etcd: EtcdAccess, context: Context): void {
  const passwords = (['password', 'passwordFile'] as const).filter((name) => etcd[name] !== undefined);
  if (etcd.username !== undefined && passwords.length === 0) {
    addProblem(context, ['username'], 'needs etcd.password or etcd.passwordFile');
  }
  if (etcd.username === undefined) {
    for (const name of passwords) addProblem(context, [name], 'needs etcd.username');
  }
  if (passwords.length > 1) {
    addProblem(context, ['passwordFile'], 'etcd.password is given too: give one of them');
  }
  const schemes = new Set(etcd.endpoints.map((url) => url.split('://')[0]));
  if (schemes.size > 1) addProblem(context, ['endpoints'], 'all must be http:// or all https://');
  if (schemes.has('http') && etcd.tls.caFile !== undefined) {
    addProblem(context, ['endpoints'], 'must be https://, since etcd.tls.caFile is given');
  }
}

export function oneToken(admin: { token?: string; tokenFile?: string }, context: Context): void {
  if (admin.token !== undefined && admin.tokenFile !== undefined) {
    addProblem(context, ['tokenFile'], 'admin.token is given too: give one of them');
  }
}

interface KubernetesPods {
  readonly inferencePool?: string;
  readonly selector?: string;
  readonly ports: readonly unknown[];
  readonly modelRewrites: boolean;
}

export function coherentKubernetes(pods: KubernetesPods, context: Context): void {
  const { inferencePool, ports, selector } = pods;
  if (selector !== undefined && inferencePool !== undefined) {
    addProblem(context, ['selector'], 'pool.kubernetes.inferencePool is given too: give one of them');
  }
  if (selector !== undefined && ports.length === 0)
    addProblem(context, ['selector'], 'needs pool.kubernetes.ports');
  if (selector === undefined && ports.length > 0)
    addProblem(context, ['ports'], 'needs pool.kubernetes.selector');
  if (pods.modelRewrites && inferencePool === undefined)
    addProblem(context, ['modelRewrites'], 'needs pool.kubernetes.inferencePool');
  if ('kubeconfig' in pods) {
    for (const name of ['apiServer', 'tokenFile', 'caFile'] as const) {
      if (name in pods)
        addProblem(context, [name], 'pool.kubernetes.kubeconfig is given too: give one of them');
    }
  }
  if (selector !== undefined || inferencePool !== undefined) return;
  for (const name of ['namespace', 'kubeconfig', 'apiServer', 'tokenFile', 'caFile'] as const) {
    if (name in pods) {
      addProblem(context, [name], 'needs pool.kubernetes.inferencePool or pool.kubernetes.selector');
    }
  }
}

export function graceCoversNotice(drain: { noticeMs: number; graceMs: number }, context: Context): void {
  if (drain.graceMs >= drain.noticeMs) return;
  const expected = `at least drain.noticeMs, which is ${drain.noticeMs}`;
  addProblem(context, ['graceMs'], `${drain.graceMs} given, expected ${expected}`);
}

/**
 * A message that arrives in parts occupies up to twice its size, and one connection may use half of
 * what all may hold. Runs on the raw tree when a part of it is invalid, so it assumes no types.
 */
export function buffersCoverMessages(tree: unknown, context: Context): void {
  const { server, limits } = tree as {
    server?: { maxMessageBytes?: unknown };
    limits?: { bufferBytes?: unknown };
  };
  const maxMessageBytes = server?.maxMessageBytes;
  const bufferBytes = limits?.bufferBytes;
  if (typeof maxMessageBytes !== 'number' || typeof bufferBytes !== 'number') return;
  if (bufferBytes >= 4 * maxMessageBytes) return;
  const expected = `at least four times server.maxMessageBytes, which is ${maxMessageBytes}`;
  addProblem(context, ['limits', 'bufferBytes'], `${bufferBytes} given, expected ${expected}`);
}

/** Runs on the raw tree when a part of it is invalid, so it assumes no types. */
export function registeredEndpointsNeedEtcd(tree: unknown, context: Context): void {
  const { pool, pools, etcd } = tree as {
    pool?: { etcd?: unknown };
    pools?: unknown;
    etcd?: { endpoints?: unknown };
  };
  const members = etcd?.endpoints ?? [];
  if (!Array.isArray(members) || members.length > 0) return;
  if (pool?.etcd === true) addProblem(context, ['pool', 'etcd'], 'needs etcd.endpoints');
  (Array.isArray(pools) ? pools : []).forEach((entry, index) => {
    if ((entry as { etcd?: unknown } | null)?.etcd === true)
      addProblem(context, ['pools', index, 'etcd'], 'needs etcd.endpoints');
  });
}

/** Runs on the raw tree when a part of it is invalid, so it assumes no types. */
export function sharedPort(tree: unknown, context: Context): void {
  const { server, etcd, admin } = tree as {
    server?: { workers?: unknown; transport?: unknown };
    etcd?: { endpoints?: unknown };
    admin?: { address?: unknown };
  };
  const workers = server?.workers;
  if (typeof workers !== 'number' || !(workers > 1)) return;
  const members = etcd?.endpoints ?? [];
  if (Array.isArray(members) && members.length === 0) {
    const why = "needs etcd.endpoints: without a shared view the workers do not see each other's requests";
    addProblem(context, ['server', 'workers'], why);
  }
  if (server?.transport === 'grpc-js') {
    addProblem(context, ['server', 'workers'], 'needs server.transport builtin');
  }
  if (portOf(admin?.address) + workers - 1 > 65_535) {
    addProblem(context, ['admin', 'address'], `no room above it for the ports of ${workers} workers`);
  }
}

/**
 * The reference server sends the last piece of a request and the end of the stream apart. What
 * comes of the response in between would be lost. Runs on the raw tree when a part of it is
 * invalid, so it assumes no types.
 */
export function leaveNeedsBuiltin(tree: unknown, context: Context): void {
  const { server, gateway } = tree as {
    server?: { transport?: unknown };
    gateway?: { responses?: unknown };
  };
  if (server?.transport !== 'grpc-js' || gateway?.responses !== 'leave') return;
  const why = 'needs server.transport builtin; with grpc-js set gateway.responses to count';
  addProblem(context, ['gateway', 'responses'], why);
}

/** 0 where there is no port: `off`, nothing given, or a form that is a problem of its own. */
function portOf(address: unknown): number {
  const parsed = typeof address === 'string' ? parseAddress(address) : undefined;
  if (parsed === undefined || parsed.kind === 'invalid') return 0;
  return parsed.kind === 'host' ? parsed.port : splitHostPort(parsed.address).port;
}
