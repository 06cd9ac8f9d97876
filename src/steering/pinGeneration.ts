import { BatonError } from '../errors.ts';
import type { EtcdClient } from '../etcd/client.ts';
import { readPoolRecords } from '../ledger/poolRecords.ts';
import { encodePinnedGeneration } from '../proto/records/pinnedGeneration.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { type Choice, type Fleet, fleetOf } from './fleet.ts';

/**
 * What an operator does to the pinned generation. It writes the record `target` and nothing else;
 * the instances follow it. Each returns what it did, for people.
 */

export async function readFleet(client: EtcdClient, pool: string): Promise<Fleet> {
  return fleetOf(pool, await readPoolRecords(client));
}

/**
 * @param reason for people, as long as a text in a record may be
 * @throws BatonError `change-refused`
 */
export async function pinGeneration(client: EtcdClient, choice: Choice, reason: string): Promise<string> {
  if (choice.kind === 'refuse') throw new BatonError('change-refused', choice.why);
  const pinned = { generation: choice.generation, reason, setUnixMs: Date.now() };
  await client.keys
    .put(recordKeys.pinnedGeneration)
    .value(Buffer.from(encodePinnedGeneration(pinned)))
    .exec();
  return `generation ${choice.generation} is pinned until "baton upgrade release"`;
}

export async function releaseGeneration(client: EtcdClient): Promise<string> {
  const { deleted } = await client.keys.delete().key(recordKeys.pinnedGeneration).exec();
  return Number(deleted) > 0 ? 'released: the newest generation serves' : 'nothing was pinned';
}
