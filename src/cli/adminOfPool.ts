/**
 * Where an admin port shows a pool.
 *
 * @param address `host:port`, or `off`
 * @param pool undefined: the only one, or the first
 */
export function adminOfPool(address: string, pool: string | undefined): string {
  return pool === undefined || address === 'off' ? address : `${address}/pools/${pool}`;
}
