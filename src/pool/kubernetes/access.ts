import { readBoundedFile } from '../../boundedFile.ts';
import { BatonError } from '../../errors.ts';

/** The section `pool.kubernetes` of the configuration. */
export interface KubernetesSettings {
  readonly inferencePool?: string;
  readonly selector?: string;
  readonly ports: readonly number[];
  readonly namespace?: string;
  readonly apiServer?: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
}

/** How to reach the API server. Token and CA are read again for each request: both are renewed. */
export interface KubernetesAccess {
  readonly apiServer: URL;
  readonly namespace: string;
  readonly token: () => Promise<string | undefined>;
  readonly ca: () => Promise<Buffer | undefined>;
}

/** What Kubernetes mounts into each pod. */
const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * @param environment of the process: Kubernetes names its API server there
 * @throws BatonError `endpoints-unreadable` where nothing says where the API server is
 */
export async function accessTo(
  settings: KubernetesSettings,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<KubernetesAccess> {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = environment;
  const isInCluster = settings.apiServer === undefined;
  if (isInCluster && host === '') {
    throw new BatonError(
      'endpoints-unreadable',
      'pool.kubernetes: this is no pod of a cluster (KUBERNETES_SERVICE_HOST is not set), so pool.kubernetes.apiServer is needed',
    );
  }
  const own = (name: string) => (isInCluster ? `${serviceAccount}/${name}` : undefined);
  const { namespace, tokenFile = own('token'), caFile = own('ca.crt') } = settings;
  const namespaceFile = own('namespace');
  return {
    apiServer: new URL(settings.apiServer ?? `https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    namespace: namespace ?? (namespaceFile ? await readText(namespaceFile) : 'default'),
    token: async () => (tokenFile === undefined ? undefined : readText(tokenFile)),
    ca: async () => (caFile === undefined ? undefined : readBoundedFile(caFile)),
  };
}

async function readText(path: string): Promise<string> {
  return (await readBoundedFile(path)).toString('utf8').trim();
}
