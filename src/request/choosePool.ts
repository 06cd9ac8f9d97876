import type { RequestSource } from './requestSource.ts';

/** What a request has to be for a pool: all that is given. */
export interface PoolMatch {
  /** The host of `:authority`, in lower case; with a port, both. */
  readonly authority?: string;
  readonly header?: { readonly name: string; readonly value: string };
  /** A text, or a list that has it, in the metadata that the gateway sends along. */
  readonly metadata?: { readonly namespace: string; readonly key: string; readonly value: string };
}

/** A longer value in the metadata is none of those that are configured. */
const maxMetadataBytes = 4_096;

/**
 * The first pool that a request belongs to: one of its matches holds, or it has none. Pure.
 *
 * @returns its place in the list; undefined: no pool
 */
export function choosePool(
  source: RequestSource,
  pools: readonly { readonly matches: readonly PoolMatch[] }[],
): number | undefined {
  const chosen = pools.findIndex(
    ({ matches }) => matches.length === 0 || matches.some((match) => holds(match, source)),
  );
  return chosen < 0 ? undefined : chosen;
}

function holds({ authority, header, metadata }: PoolMatch, source: RequestSource): boolean {
  return (
    (authority === undefined || isAuthority(source.header(':authority'), authority)) &&
    (header === undefined || source.header(header.name) === header.value) &&
    (metadata === undefined || hasMetadata(source, metadata))
  );
}

function isAuthority(given: string | undefined, wanted: string): boolean {
  const authority = given?.toLowerCase();
  return authority === wanted || authority?.replace(/:\d+$/, '') === wanted;
}

function hasMetadata(
  source: RequestSource,
  { namespace, key, value }: NonNullable<PoolMatch['metadata']>,
): boolean {
  const found = source.metadataTexts(namespace, key, maxMetadataBytes);
  if (found === undefined || found === 'too-large') return false;
  return typeof found === 'string' ? found === value : found.includes(value);
}
