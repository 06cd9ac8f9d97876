import type { RequestSource } from './requestSource.ts';

/** The value of a header without the spaces around it. An empty one is an absent one. */
export function readText(source: RequestSource, header: string): string | undefined {
  return source.header(header)?.trim() || undefined;
}
