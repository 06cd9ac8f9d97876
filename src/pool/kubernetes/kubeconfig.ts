import { fieldAt } from './objects.ts';

/**
 * What a kubeconfig says of its current context, pure. Of several files the first that has a name
 * counts, as for kubectl. What Baton does not support is a problem, never left out silently: the
 * request would be made by somebody else, or to somebody else.
 */
export interface KubeconfigDocument {
  /** The plain value of the YAML. */
  readonly value: unknown;
  /** Makes a path in it absolute. */
  readonly resolve: (path: string) => string;
}

export type KubeconfigFile =
  | { readonly kind: 'content'; readonly bytes: Buffer }
  | { readonly kind: 'path'; readonly path: string };

export interface KubeconfigContext {
  readonly namespace: string;
  readonly server: string;
  readonly serverName: string | undefined;
  readonly certificateAuthority: KubeconfigFile | undefined;
  readonly token: KubeconfigFile | undefined;
  readonly certificate: KubeconfigFile | undefined;
  readonly key: KubeconfigFile | undefined;
}

/** Completes the sentence "kubeconfig PATH: ". */
export class KubeconfigProblem extends Error {
  override readonly name = 'KubeconfigProblem';
}

const tokenAdvice =
  'make a token for a service account (kubectl create token) and give it as token or tokenFile';

/** @throws KubeconfigProblem */
export function chooseContext(documents: readonly KubeconfigDocument[]): KubeconfigContext {
  const contextName = documents.map(({ value }) => textAt(value, 'current-context')).find(Boolean);
  if (contextName === undefined) throw new KubeconfigProblem('it has no current-context');
  const context = named(documents, 'contexts', 'context', contextName);
  const clusterName = textAt(context.entry, 'cluster') ?? '';
  const cluster = named(documents, 'clusters', 'cluster', clusterName);
  const userName = textAt(context.entry, 'user');
  const user = userName === undefined ? undefined : named(documents, 'users', 'user', userName);
  refuseCluster(cluster.entry, clusterName);
  if (user !== undefined) refuseUser(user.entry, userName ?? '');
  return {
    namespace: textAt(context.entry, 'namespace') ?? 'default',
    server: serverOf(cluster.entry, clusterName),
    serverName: textAt(cluster.entry, 'tls-server-name'),
    certificateAuthority: fileAt(cluster, 'certificate-authority'),
    token: user && tokenOf(user),
    certificate: user && fileAt(user, 'client-certificate'),
    key: user && fileAt(user, 'client-key'),
  };
}

interface Named extends Pick<KubeconfigDocument, 'resolve'> {
  readonly entry: unknown;
}

function named(documents: readonly KubeconfigDocument[], list: string, kind: string, name: string): Named {
  for (const { resolve, value } of documents) {
    const all = fieldAt(value, list);
    const found = Array.isArray(all) ? all.find((one) => textAt(one, 'name') === name) : undefined;
    if (found !== undefined) return { entry: fieldAt(found, kind), resolve };
  }
  throw new KubeconfigProblem(`it has no ${kind} "${name}"`);
}

function serverOf(cluster: unknown, name: string): string {
  const server = textAt(cluster, 'server') ?? '';
  if (!/^https?:\/\/./.test(server) || !URL.canParse(server))
    throw new KubeconfigProblem(`the server of cluster "${name}" is no http:// or https:// URL`);
  return server;
}

function refuseCluster(cluster: unknown, name: string): void {
  if (fieldAt(cluster, 'insecure-skip-tls-verify') === true) {
    throw new KubeconfigProblem(
      `cluster "${name}" has insecure-skip-tls-verify: anyone could answer for it; give its certificate-authority`,
    );
  }
  if (textAt(cluster, 'proxy-url') !== undefined)
    throw new KubeconfigProblem(`cluster "${name}" has proxy-url, which is not supported`);
}

function refuseUser(user: unknown, name: string): void {
  for (const key of ['exec', 'auth-provider', 'username', 'as']) {
    if (fieldAt(user, key) === undefined) continue;
    const what =
      key === 'exec' ? 'an exec plugin, and Baton runs no other programs' : `${key}, which is not supported`;
    throw new KubeconfigProblem(`user "${name}" has ${what}; ${tokenAdvice}`);
  }
}

/** As for kubectl, a file is preferred, since it is renewed. */
function tokenOf(user: Named): KubeconfigFile | undefined {
  const path = textAt(user.entry, 'tokenFile');
  if (path !== undefined) return { kind: 'path', path: user.resolve(path) };
  const token = textAt(user.entry, 'token');
  return token === undefined ? undefined : { kind: 'content', bytes: Buffer.from(token) };
}

/** As for kubectl, data is preferred to a file. */
function fileAt({ entry, resolve }: Named, key: string): KubeconfigFile | undefined {
  const data = textAt(entry, `${key}-data`);
  if (data !== undefined) return { kind: 'content', bytes: Buffer.from(data, 'base64') };
  const path = textAt(entry, key);
  return path === undefined ? undefined : { kind: 'path', path: resolve(path) };
}

/** Empty is as if it were not there. */
function textAt(value: unknown, key: string): string | undefined {
  const text = fieldAt(value, key);
  return typeof text === 'string' && text !== '' ? text : undefined;
}
