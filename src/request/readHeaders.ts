import type { RequestSource } from './requestSource.ts';

/** Those of the headers that the request has; undefined: none. */
export function readHeaders(
  source: RequestSource,
  names: readonly string[],
): Readonly<Record<string, string>> | undefined {
  let found: Record<string, string> | undefined;
  for (const name of names) {
    const value = source.header(name);
    if (value === undefined) continue;
    found ??= {};
    found[name] = value;
  }
  return found;
}
