import { readBoundedFile } from '../../boundedFile.ts';
import { BatonError } from '../../errors.ts';
import type { KubernetesAccess } from './apiConnection.ts';
import { accessByKubeconfig } from './kubeconfigAccess.ts';

/** The section `pool.kubernetes` of the configuration. */
export interface KubernetesSettings {
  readonly inferencePool?: string;
  readonly selector?: string;
  readonly ports: readonly number[];
  readonly namespace?: string;
  readonly nodeZones: boolean;
  readonly modelRewrites: boolean;
  readonly kubeconfig?: string;
  readonly apiServer?: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
}

/** What Kubernetes mounts into each pod. */
const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The first of these that is there: `apiServer`, `kubeconfig`, the environment's KUBECONFIG, the
 * cluster that Baton runs in.
 *
 * @param environment of the process: Kubernetes names its API server there
 * @throws BatonError `endpoints-unreadable` where nothing says where the API server is
 */
export async function accessTo(
  settings: KubernetesSettings,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<KubernetesAccess> {
  const { apiServer, caFile, namespace, tokenFile } = settings;
  // Those who give a token mean it: another user's is not taken from the environment.
  const isPlain = tokenFile === undefined && caFile === undefined;
  const kubeconfig = settings.kubeconfig ?? (isPlain ? environment.KUBECONFIG : undefined) ?? '';
  if (apiServer !== undefined) return accessByUrl(apiServer, settings);
  if (kubeconfig !== '') return accessByKubeconfig(kubeconfig, namespace);
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = environment;
  if (host === '') {
    throw new BatonError(
      'endpoints-unreadable',
      'pool.kubernetes: this is no pod of a cluster (KUBERNETES_SERVICE_HOST is not set), so pool.kubernetes.kubeconfig, the environment variable KUBECONFIG or pool.kubernetes.apiServer is needed',
    );
  }
  return accessByUrl(`https://${host.includes(':') ? `[${host}]` : host}:${port}`, {
    tokenFile: `${serviceAccount}/token`,
    caFile: `${serviceAccount}/ca.crt`,
    ...settings,
    namespace: namespace ?? (await readText(`${serviceAccount}/namespace`)),
  });
}

function accessByUrl(
  url: string,
  {
    caFile,
    namespace = 'default',
    tokenFile,
  }: Pick<KubernetesSettings, 'caFile' | 'namespace' | 'tokenFile'>,
): KubernetesAccess {
  return {
    namespace,
    async connect() {
      const [token, ca] = await Promise.all([
        tokenFile === undefined ? undefined : readText(tokenFile),
        caFile === undefined ? undefined : readBoundedFile(caFile),
      ]);
      return { apiServer: new URL(url), token, tls: { ca } };
    },
  };
}

async function readText(path: string): Promise<string> {
  return (await readBoundedFile(path)).toString('utf8').trim();
}
