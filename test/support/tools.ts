import { findTools } from '../../tools/testbed/tools.ts';

/**
 * Paths of the real Envoy and etcd for tests: ENVOY_BIN and ETCD_BIN, else what `make tools`
 * installed. Installs nothing.
 *
 * @throws Error that says `make tools` when a binary is missing.
 */
export function envoyBin(): string {
  return findTools(process.env).envoy;
}

export function etcdBin(): string {
  return findTools(process.env).etcd;
}
