import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { validate as validateDeployment } from 'kubernetes-models/_schemas/IoK8sApiAppsV1Deployment';
import { validate as validateStatefulSet } from 'kubernetes-models/_schemas/IoK8sApiAppsV1StatefulSet';
import { validate as validateJob } from 'kubernetes-models/_schemas/IoK8sApiBatchV1Job';
import { validate as validateConfigMap } from 'kubernetes-models/_schemas/IoK8sApiCoreV1ConfigMap';
import { validate as validateService } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Service';
import { validate as validateServiceAccount } from 'kubernetes-models/_schemas/IoK8sApiCoreV1ServiceAccount';
import { validate as validateNetworkPolicy } from 'kubernetes-models/_schemas/IoK8sApiNetworkingV1NetworkPolicy';
import { validate as validateBudget } from 'kubernetes-models/_schemas/IoK8sApiPolicyV1PodDisruptionBudget';
import { validate as validateClusterRole } from 'kubernetes-models/_schemas/IoK8sApiRbacV1ClusterRole';
import { validate as validateClusterRoleBinding } from 'kubernetes-models/_schemas/IoK8sApiRbacV1ClusterRoleBinding';
import { validate as validateRole } from 'kubernetes-models/_schemas/IoK8sApiRbacV1Role';
import { validate as validateRoleBinding } from 'kubernetes-models/_schemas/IoK8sApiRbacV1RoleBinding';
import { checkoutDir } from '../../tools/testbed/tools.ts';

/**
 * Manifests against Kubernetes' own schema, from which the package kubernetes-models is generated:
 * its validators find wrong values, its types find names that do not exist. No cluster, no network.
 */

// biome-ignore-start lint/suspicious/noExplicitAny: parsed YAML, whose form the schemas check.
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: any;
  readonly [key: string]: any;
}

interface Validator {
  (manifest: any): boolean;
  errors?: unknown;
}
// biome-ignore-end lint/suspicious/noExplicitAny: parsed YAML

const validators: Readonly<Record<string, Validator>> = {
  ClusterRole: validateClusterRole,
  ClusterRoleBinding: validateClusterRoleBinding,
  ConfigMap: validateConfigMap,
  Deployment: validateDeployment,
  Job: validateJob,
  NetworkPolicy: validateNetworkPolicy,
  PodDisruptionBudget: validateBudget,
  Role: validateRole,
  RoleBinding: validateRoleBinding,
  Service: validateService,
  ServiceAccount: validateServiceAccount,
  StatefulSet: validateStatefulSet,
};

/** Is it one of Kubernetes' own kinds that are known here? */
export function hasSchema({ kind }: { readonly kind: string }): boolean {
  return kind in validators;
}

/** Values of the wrong form; none: []. */
export function schemaProblems(manifest: { readonly kind: string }): unknown {
  const validate = validators[manifest.kind];
  if (!validate) return [`no schema for ${manifest.kind}`];
  return validate(manifest) ? [] : validate.errors;
}

/** What the compiler says when the manifests are written down as values of Kubernetes' types. */
export async function unknownNames(
  all: readonly { readonly apiVersion: string; readonly kind: string }[],
): Promise<string> {
  // Inside the checkout, where the compiler finds the package.
  const parent = join(checkoutDir, '.run', 'tests');
  await mkdir(parent, { recursive: true });
  const dir = await mkdtemp(join(parent, 'manifests-'));
  try {
    const file = join(dir, 'manifests.ts');
    const lines = all.map((manifest, nth) => {
      const type = `import('kubernetes-models/${manifest.apiVersion}').I${manifest.kind}`;
      return `export const m${nth}: ${type} = ${JSON.stringify(manifest)};`;
    });
    await writeFile(file, lines.join('\n'));
    const tsc = join(checkoutDir, 'node_modules', 'typescript', 'bin', 'tsc');
    const flags = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--skipLibCheck',
      '--types',
      '',
      '--ignoreConfig',
    ];
    await promisify(execFile)(process.execPath, [tsc, ...flags, file]);
    return '';
  } catch (error) {
    return (error as { stdout?: string }).stdout || String(error);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
