import { connect, type EtcdClient, type EtcdOptions } from '../etcd/client.ts';
import { readPoolRecords } from '../ledger/poolRecords.ts';
import { encodePinnedGeneration } from '../proto/records/pinnedGeneration.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { type Choice, choosePin, chooseRollback, fleetOf, fleetText } from '../steering/fleet.ts';

/** What the operator wants. */
export type UpgradeAction =
  | { readonly kind: 'status'; readonly json: boolean }
  | { readonly kind: 'pin'; readonly generation: number; readonly reason: string }
  | { readonly kind: 'rollback'; readonly reason: string }
  | { readonly kind: 'release' };

export interface UpgradeOptions {
  readonly order: UpgradeAction;
  readonly pool: string;
  /** The shared store, as the configuration has it; the pool's name is added to the prefix. */
  readonly etcd: EtcdOptions & { readonly prefix: string };
  readonly unixMs?: () => number;
  /** Standard output and standard error unless given. */
  readonly out?: (text: string) => void;
  readonly err?: (text: string) => void;
}

/** EX_UNAVAILABLE of sysexits.h. */
const exitUnavailable = 69;

/**
 * `baton upgrade`: the operator's word on which generation takes the traffic. It writes the record `target` and
 * nothing else; the instances read it and act on it by themselves, which takes them `upgrade.settleMs`.
 *
 * @returns the exit code: 0 done, 1 it makes no sense now, 69 etcd does not answer
 */
export async function runUpgrade(options: UpgradeOptions): Promise<number> {
  const { etcd, pool, err = (text) => process.stderr.write(text) } = options;
  const client = connect(etcd, `${etcd.prefix}/${pool}/`);
  try {
    return await carryOut(client, options);
  } catch (cause) {
    err(`baton: etcd ${etcd.endpoints.join(', ')} does not answer: ${(cause as Error).message}\n`);
    return exitUnavailable;
  } finally {
    client.close();
  }
}

async function carryOut(client: EtcdClient, options: UpgradeOptions): Promise<number> {
  const { order, pool, out = (text) => process.stdout.write(text) } = options;
  const fleet = fleetOf(pool, await readPoolRecords(client));
  switch (order.kind) {
    case 'status':
      out(order.json ? `${JSON.stringify(fleet, null, 2)}\n` : fleetText(fleet));
      return 0;
    case 'pin':
      return pin(client, choosePin(fleet, order.generation), order.reason, options);
    case 'rollback':
      return pin(client, chooseRollback(fleet), order.reason || 'rollback', options);
    case 'release': {
      const { deleted } = await client.keys.delete().key(recordKeys.pinnedGeneration).exec();
      out(Number(deleted) > 0 ? 'released: the newest generation serves\n' : 'nothing was pinned\n');
      return 0;
    }
    default:
      return order satisfies never;
  }
}

async function pin(
  client: EtcdClient,
  choice: Choice,
  reason: string,
  options: UpgradeOptions,
): Promise<number> {
  const {
    unixMs = Date.now,
    out = (text) => process.stdout.write(text),
    err = (text) => process.stderr.write(text),
  } = options;
  if (choice.kind === 'refuse') {
    err(`baton: ${choice.why}\n`);
    return 1;
  }
  const target = { generation: choice.generation, reason, setUnixMs: unixMs() };
  await client.keys
    .put(recordKeys.pinnedGeneration)
    .value(Buffer.from(encodePinnedGeneration(target)))
    .exec();
  out(`generation ${choice.generation} is pinned until "baton upgrade release"\n`);
  return 0;
}
