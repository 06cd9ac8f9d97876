import { nearest } from '../nearest.ts';
import { type Assignment, fromText, type SourceValues } from './assignment.ts';
import type { Problem } from './problem.ts';
import { settings } from './settings.ts';

/** Names the configuration file; the only variable that is not a setting. */
export const configFileVariable = 'BATON_CONFIG';

/**
 * The settings of the BATON_* variables. Other variables are ignored, and so are empty ones:
 * Compose and charts write `NAME=` for a value that is not set.
 */
export function readEnvironment(environment: Readonly<Record<string, string | undefined>>): SourceValues {
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('BATON_') || text === undefined || text === '') continue;
    if (name === configFileVariable || isServiceLink(name, text)) continue;
    const origin = { kind: 'environment', name } as const;
    const setting = byName.get(name);
    if (setting) assignments.push({ setting, value: fromText(setting, text), origin });
    else problems.push({ path: '', origin, message: unknownVariable(name) });
  }
  return { assignments, problems };
}

const byName = new Map(settings.map((setting) => [setting.environmentName, setting]));

function unknownVariable(name: string): string {
  const meant = nearest(name, [...byName.keys(), configFileVariable]);
  return meant === undefined ? 'unknown variable' : `unknown variable; did you mean ${meant}?`;
}

/**
 * Kubernetes sets variables of these names in every pod when there is a Service called `baton` or
 * `baton-…`. They are not settings, so they must not keep the process from starting.
 */
function isServiceLink(name: string, text: string): boolean {
  if (/^BATON_(.+_)?SERVICE_(HOST|PORT|PORT_.+)$/.test(name)) return true;
  if (/^BATON_(.+_)?PORT$/.test(name)) return /^(tcp|udp|sctp):\/\//.test(text);
  return /^BATON_(.+_)?PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name);
}
