import { type Assignment, findSetting, fromText, type SourceValues } from './assignment.ts';
import type { ConfigFlags } from './flags.ts';
import type { Problem } from './problem.ts';

/** The named flags and the setting each one stands for. */
const pathOfFlag = {
  address: 'server.address',
  admin: 'admin.address',
  workers: 'server.workers',
  etcd: 'etcd.endpoints',
  pool: 'pool.name',
  endpoint: 'pool.endpoints',
  release: 'instance.release',
  generation: 'instance.generation',
  policy: 'scheduling.policy',
  logLevel: 'telemetry.logLevel',
} as const satisfies Partial<Record<keyof ConfigFlags, string>>;

/**
 * The settings of the command line's flags. `--set` overrides the named flags; the last one wins.
 */
export function readConfigFlags(flags: ConfigFlags): SourceValues {
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];

  const assign = (name: string, path: string, text: string): void => {
    const origin = { kind: 'flag', name } as const;
    const setting = findSetting(path);
    if ('problem' in setting) problems.push({ path, origin, message: setting.problem });
    else assignments.push({ setting, value: fromText(setting, text), origin });
  };

  for (const [flag, path] of Object.entries(pathOfFlag)) {
    const given = flags[flag as keyof typeof pathOfFlag];
    if (given === undefined) continue;
    assign(`--${kebab(flag)}`, path, typeof given === 'string' ? given : given.join(','));
  }
  for (const pair of flags.set ?? []) {
    const equals = pair.indexOf('=');
    if (equals > 0) assign('--set', pair.slice(0, equals), pair.slice(equals + 1));
    else {
      const message = 'expected setting=value, such as --set drain.graceMs=5000';
      problems.push({ path: '', origin: { kind: 'flag', name: '--set' }, message });
    }
  }
  return { assignments, problems };
}

function kebab(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
