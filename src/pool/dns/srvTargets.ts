import type { SrvRecord } from 'node:dns';

export interface SrvTarget {
  readonly host: string;
  readonly port: number;
  /** Its mean over all targets is 1, so that it can multiply the weight of an endpoint. */
  readonly weight: number;
}

/**
 * The targets of SRV records (RFC 2782), pure: those of the lowest priority number, in order. A
 * target "." says that there is none. Without weights all weigh the same; beside others, a weight
 * of 0 is a hundredth of the smallest step.
 */
export function chooseSrvTargets(records: readonly SrvRecord[]): readonly SrvTarget[] {
  const offered = records.filter(({ name }) => name !== '' && name !== '.');
  const priority = Math.min(...offered.map((record) => record.priority));
  const chosen = offered.filter((record) => record.priority === priority);
  const total = chosen.reduce((sum, { weight }) => sum + weight, 0);
  return chosen
    .map(({ name, port, weight }) => {
      const share = total === 0 ? 1 : (Math.max(weight, 0.01) * chosen.length) / total;
      return { host: `${name.toLowerCase().replace(/\.$/, '')}.`, port, weight: share };
    })
    .sort(byHostAndPort);
}

function byHostAndPort(left: SrvTarget, right: SrvTarget): number {
  if (left.host !== right.host) return left.host < right.host ? -1 : 1;
  return left.port - right.port;
}
