import type { Config } from '../config/schema.ts';
import { splitHostPort, withPort } from '../hostPort.ts';

/**
 * The configuration of the nth worker, counted from 1: an instance with an id and an admin port of
 * its own. A replacement has the same id as its predecessor; the start time in their records tells
 * them apart.
 *
 * @param address the bound address of the group's port
 */
export function workerConfig(config: Config, nth: number, address: string): Config {
  const { instance, server, admin } = config;
  return {
    ...config,
    instance: { ...instance, id: `${instance.id}-${nth}` },
    // Health has one port, which is the parent's.
    server: { ...server, address, healthAddress: 'off', workers: 1 },
    admin: { ...admin, address: nthAddress(admin.address, nth) },
  };
}

/**
 * The admin ports follow each other. `off` and port 0 (any free port) are the same for all workers.
 */
function nthAddress(address: string, nth: number): string {
  if (address === 'off') return address;
  const { port } = splitHostPort(address);
  return port === 0 ? address : withPort(address, port + nth - 1);
}
