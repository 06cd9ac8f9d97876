import { mixBits } from '../../mixBits.ts';
import { hashText } from '../../scheduling/rendezvous.ts';

/**
 * Which instance asks which pod: for each pod, the first of the instances that ask in an order that
 * depends on both (rendezvous hashing). So all instances agree without having talked, and one that
 * leaves gives only its own pods away.
 *
 * @param askers ids of the instances that ask
 */
export function shareOf(localId: string, askers: Iterable<string>): (address: string) => boolean {
  const hashes = new Map([...askers].map((id) => [id, hashText(id)]));
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
