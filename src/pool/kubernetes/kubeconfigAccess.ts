import { delimiter, dirname, resolve } from 'node:path';
import { readBoundedFile, reasonOfFileError } from '../../boundedFile.ts';
import { parseYaml, plainValue } from '../../config/yamlDocument.ts';
import { BatonError } from '../../errors.ts';
import type { ApiConnection, KubernetesAccess } from './apiConnection.ts';
import {
  chooseContext,
  type KubeconfigDocument,
  type KubeconfigFile,
  KubeconfigProblem,
} from './kubeconfig.ts';

/**
 * The current context of kubeconfig files. They and the files that they name are read again for
 * each request, since tools renew credentials there.
 *
 * @param paths as in KUBECONFIG: one or more with `:` between them, the most important first
 * @throws BatonError `endpoints-unreadable`
 */
export async function accessByKubeconfig(
  paths: string,
  namespace: string | undefined,
): Promise<KubernetesAccess> {
  const files = paths.split(delimiter).filter((path) => path !== '');
  const connect = () => connectionOf(files);
  const { namespace: ofContext } = await connect();
  return { namespace: namespace ?? ofContext, connect };
}

async function connectionOf(files: readonly string[]): Promise<ApiConnection & { namespace: string }> {
  try {
    const context = chooseContext(await Promise.all(files.map(readKubeconfig)));
    const { certificate, certificateAuthority, key, namespace, server, serverName, token } = context;
    const [tokenBytes, ca, cert, keyBytes] = await Promise.all(
      [token, certificateAuthority, certificate, key].map(contentOf),
    );
    return {
      apiServer: new URL(server),
      namespace,
      token: tokenBytes?.toString('utf8').trim(),
      tls: { ca, cert, key: keyBytes, servername: serverName },
    };
  } catch (error) {
    if (!(error instanceof KubeconfigProblem)) throw error;
    const message = `pool.kubernetes: kubeconfig ${files.join(delimiter)}: ${error.message}`;
    throw new BatonError('endpoints-unreadable', message, { cause: error });
  }
}

async function readKubeconfig(path: string): Promise<KubeconfigDocument> {
  const parsed = parseYaml((await read(path)).toString('utf8'));
  if (parsed.kind === 'broken') {
    const [fault] = parsed.faults;
    throw new KubeconfigProblem(`${path} is no YAML: ${fault?.message ?? ''} at line ${fault?.line ?? 1}`);
  }
  const plain = plainValue(parsed.document, parsed.document.contents);
  if (plain.kind === 'fault') throw new KubeconfigProblem(`${path} is no YAML: ${plain.message}`);
  return { value: plain.value, resolve: (file) => resolve(dirname(path), file) };
}

async function contentOf(file: KubeconfigFile | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  return file.kind === 'content' ? file.bytes : read(file.path);
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readBoundedFile(path);
  } catch (error) {
    throw new KubeconfigProblem(`cannot read ${path}: ${reasonOfFileError(error)}`);
  }
}
