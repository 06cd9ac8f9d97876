import type { Config } from '../config/schema.ts';

/**
 * What the nth worker is, counted from 1: an instance of its own, with an id and an admin port of its own. The
 * id is the same for one that replaces another: it takes over the place, and its records are told apart by
 * their start.
 *
 * @param address what the group's port is bound to
 */
export function workerConfig(config: Config, nth: number, address: string): Config {
  const { instance, server, admin } = config;
  return {
    ...config,
    instance: { ...instance, id: `${instance.id}-${nth}` },
    server: { ...server, address, workers: 1 },
    admin: { ...admin, address: nthAddress(admin.address, nth) },
  };
}

/** The ports of the workers follow each other; `off` and "any free port" are the same for all. */
function nthAddress(address: string, nth: number): string {
  return address.replace(/:([1-9]\d*)$/, (_, port: string) => `:${Number(port) + nth - 1}`);
}
