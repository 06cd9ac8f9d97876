import type { BatonSettings } from '../testbed/baton.ts';
import type { AttackClients } from './attackClients.ts';

/** One attack on a running instance. It runs in a thread of its own, until its time is over. */
export interface Attack {
  readonly name: string;
  readonly group: AttackGroup;
  /** Of the instance; default: plain text and every limit as shipped. */
  readonly settings?: BatonSettings;
  /**
   * Attacks until `clients.signal` aborts, and takes back what it wrote to etcd.
   * @throws Error when the instance did what the attack wanted
   */
  run(context: AttackContext): Promise<void>;
}

export const attackGroups = ['floods', 'slow clients', 'bombs', 'forged records', 'spellings'] as const;
export type AttackGroup = (typeof attackGroups)[number];

/** What an attack knows of the instance. */
export interface AttackTarget {
  /** The gRPC port, `host:port`. */
  readonly address: string;
  /** Client URL of etcd. */
  readonly etcd: string;
  /** The prefix of the pool's keys, with a `/` at its end. */
  readonly keyPrefix: string;
  readonly instanceId: string;
  /** A pod of the pool. */
  readonly pod: string;
  /** A healthy pod that is not in the pool. */
  readonly outsider: string;
}

export interface AttackContext extends AttackTarget {
  readonly clients: AttackClients;
  /** The share of the full number of clients, streams or records: 1, or less in a short run. */
  readonly size: number;
}

/** A number of the full run, at the size of this one; at least 1. */
export function sized({ size }: Pick<AttackContext, 'size'>, full: number): number {
  return Math.max(1, Math.round(full * size));
}
