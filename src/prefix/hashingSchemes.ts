/**
 * The number of what this folder hashes and how: the cuts, the root and the form of the bytes.
 * Instances whose number differs know nothing of each other's prompts.
 */
export const hashingScheme = 1;

/** Those that this release knows. */
export const hashingSchemes: readonly number[] = [hashingScheme];

/**
 * The way to hash that this instance writes: the newest one that everybody knows, which is that of
 * the oldest release. Where all have none in common it is its own newest, for those of its kind.
 *
 * @param known what this instance knows
 * @param others what each of the others knows; nothing: it shares no prompts, and decides nothing
 */
export function schemeToWrite(known: readonly number[], others: Iterable<readonly number[]>): number {
  let common = known;
  for (const schemes of others) {
    if (schemes.length > 0) common = common.filter((scheme) => schemes.includes(scheme));
  }
  return Math.max(...(common.length > 0 ? common : known));
}
