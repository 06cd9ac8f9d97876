import { mixBits } from '../mixBits.ts';
import { hashText } from './rendezvous.ts';

/**
 * Which instance does for a pod what only one has to do: for each pod, the first of the instances
 * in an order that depends on both (rendezvous hashing). So all instances agree without having
 * talked, and one that leaves gives only its own pods away.
 *
 * @param instances ids of those that do it
 * @returns whether a pod falls to the local instance
 */
export function shareOf(localId: string, instances: Iterable<string>): (address: string) => boolean {
  const hashes = new Map([...instances].map((id) => [id, hashText(id)]));
  const localHash = hashes.get(localId);
  if (localHash === undefined) return () => false;
  return (address) => {
    const pod = hashText(address);
    const local = rank(localHash, pod);
    for (const [id, hash] of hashes) {
      const other = rank(hash, pod);
      if (other > local || (other === local && id < localId)) return false;
    }
    return true;
  };
}

function rank(instance: number, pod: number): number {
  return mixBits(mixBits(instance) ^ pod);
}
