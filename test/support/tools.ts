import { findTools } from '../../tools/testbed/tools.ts';

/**
 * Paths of the real Envoy and etcd for tests. Installs nothing.
 *
 * @throws BatonError `tool-missing` when a binary is missing.
 */
export function envoyBin(): string {
  return findTools(process.env).envoy;
}

export function etcdBin(): string {
  return findTools(process.env).etcd;
}
