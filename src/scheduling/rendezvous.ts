import { mixBits } from '../mixBits.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * Rendezvous hashing with weights: each key orders all endpoints by a hash of both, and every
 * scheduler finds the same order without any state. An endpoint that leaves gives only its own keys
 * away, to all others alike; one that joins takes only its share.
 *
 * Releases must agree on it, or an upgrade moves every session: test/unit/scheduling/
 * rendezvous.test.ts has hashes that never change.
 */

/** By the endpoint object, which lives as long as its entry in the pool. */
const addressHashes = new WeakMap<Endpoint, number>();

/**
 * Lower is earlier in the order of the key; above 0. The first of the order is an endpoint with a
 * probability in proportion to its weight.
 *
 * @param keyHash of hashText
 */
export function rendezvousCost(keyHash: number, endpoint: Endpoint): number {
  let addressHash = addressHashes.get(endpoint);
  if (addressHash === undefined) {
    addressHash = hashText(endpoint.address);
    addressHashes.set(endpoint, addressHash);
  }
  // The smallest of exponential variables is each of them in proportion to its rate.
  const uniform = (mixBits(mixBits(keyHash) ^ addressHash) + 0.5) / 0x1_0000_0000;
  return -Math.log(uniform) / endpoint.weight;
}

/** FNV-1a of the text's UTF-16 code units, finished as in MurmurHash3: 32 bits, unsigned. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
  }
  return mixBits(hash);
}
