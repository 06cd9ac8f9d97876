import { hideUrlSecrets } from '../urlSecrets.ts';
import { secretPaths, urlPaths } from './schema.ts';

/** A value for output: passwords as stars, and what may be one inside a URL. */
export function redact(path: string, value: unknown): unknown {
  if (secretPaths.has(path)) return '***';
  if (typeof value === 'string' && urlPaths.has(path.replace(/\.\d+$/, ''))) return hideUrlSecrets(value);
  if (path === 'pools' && Array.isArray(value)) return value.map((entry) => redactMapping('pool', entry));
  if (Array.isArray(value)) return value.map((item) => redact(path, item));
  return value;
}

/** An entry of `pools` has the settings of `pool`. */
function redactMapping(path: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return redact(path, value);
  const redacted = Object.entries(value).map(([name, child]) => [
    name,
    redactMapping(`${path}.${name}`, child),
  ]);
  return Object.fromEntries(redacted);
}
