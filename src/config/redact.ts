import { hideUrlSecrets } from '../urlSecrets.ts';
import { secretPaths, urlPaths } from './schema.ts';

/** A value for output: passwords as stars, and what may be one inside a URL. */
export function redact(path: string, value: unknown): unknown {
  if (secretPaths.has(path)) return '***';
  if (typeof value === 'string' && urlPaths.has(path.replace(/\.\d+$/, ''))) return hideUrlSecrets(value);
  if (Array.isArray(value)) return value.map((item) => redact(path, item));
  return value;
}
