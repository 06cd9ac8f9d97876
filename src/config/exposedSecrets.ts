import type { Provenance } from './provenance.ts';
import { redact } from './redact.ts';
import type { Config } from './schema.ts';
import { settings } from './settings.ts';
import { valueAt } from './valueAt.ts';

/** What to use instead. */
const insteadOf: Readonly<Record<string, string>> = {
  'etcd.password': 'etcd.passwordFile',
  'admin.token': 'admin.tokenFile',
};

/**
 * Secrets that were given as flags, one line for each: every user of the machine can read a
 * process's command line, and shells keep it.
 */
export function exposedSecrets(config: Config, provenance: Provenance): string[] {
  return settings.flatMap(({ path, environmentName }) => {
    const origin = provenance.of(path);
    if (origin.kind !== 'flag') return [];
    const value = valueAt(config, path);
    if (JSON.stringify(redact(path, value)) === JSON.stringify(value)) return [];
    const better = [insteadOf[path], environmentName, 'the configuration file'].filter(Boolean).join(', ');
    return [`${origin.name}: ${path} holds a secret, and others can read the command line; use ${better}`];
  });
}
