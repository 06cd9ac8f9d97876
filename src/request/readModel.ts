import { readText } from './readText.ts';
import type { RequestSource } from './requestSource.ts';

/** @param headers the first of them that has a value names the model */
export function readModel(source: RequestSource, headers: readonly string[]): string | undefined {
  for (const header of headers) {
    const model = readText(source, header);
    if (model !== undefined) return model;
  }
  return undefined;
}
