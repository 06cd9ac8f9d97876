import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Records of the store as other releases write them, in bytes that were frozen when those were
 * current.
 */
export function frozenRecords(
  name: 'version1' | 'version2' | 'dynamicConfig' | 'signals' | 'readings' | 'prompts',
): Map<string, Uint8Array> {
  const file = join(import.meta.dirname, '..', 'fixtures', 'records', `${name}.json`);
  const { records } = JSON.parse(readFileSync(file, 'utf8')) as { records: Record<string, string> };
  return new Map(Object.entries(records).map(([key, hex]) => [key, Buffer.from(hex, 'hex')]));
}
