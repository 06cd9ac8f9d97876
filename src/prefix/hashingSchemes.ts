import { firstCutOffset, nextCutOffset } from './cutOffsets.ts';

/**
 * A way to hash prompts. A change of what is hashed, where it is cut, or how keys are made
 * needs a number of its own: an instance finds nothing of what was hashed otherwise.
 */
export interface HashingScheme {
  /** In the records in etcd, and in every key. Newer ones are higher. */
  readonly number: number;
  readonly firstCutOffset: number;
  /** @param offset of a cut, in bytes */
  readonly nextCutOffset: (offset: number) => number;
}

/**
 * Those that this release knows, the oldest first. One that a release adds stays beside the older
 * one until no release without it is upgraded from.
 */
const known: readonly HashingScheme[] = [{ number: 1, firstCutOffset, nextCutOffset }];

export const newestScheme = known.at(-1) as HashingScheme;

/** Their numbers. */
export const hashingSchemes: readonly number[] = known.map(({ number }) => number);

/** @throws Error when this release does not know it */
export function schemeOf(number: number): HashingScheme {
  const scheme = known.find((one) => one.number === number);
  if (scheme === undefined) throw new Error(`there is no hashing scheme ${number}`);
  return scheme;
}

/**
 * The scheme that all instances can read: the newest one that everybody knows, which is that of
 * the oldest release. Where all have none in common it is the newest of these, for their kind.
 *
 * @param known what this instance knows
 * @param others what each of the others knows; nothing: it shares no prompts, and decides nothing
 */
export function newestKnownToAll(known: readonly number[], others: Iterable<readonly number[]>): number {
  let common = known;
  for (const schemes of others) {
    if (schemes.length > 0) common = common.filter((scheme) => schemes.includes(scheme));
  }
  return Math.max(...(common.length > 0 ? common : known));
}
