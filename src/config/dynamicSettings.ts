import { type Assignment, findSetting, fromText, merge } from './assignment.ts';
import { formatIssue } from './issues.ts';
import { nearest } from './nearest.ts';
import type { Origin, Problem } from './problem.ts';
import type { Provenance } from './provenance.ts';
import { type Config, configSchema, dynamicPaths } from './schema.ts';

/**
 * Settings that are changed while instances run, as the dynamic configuration has them: texts by dotted name. They
 * are judged by the schema of every other source, each by itself. Where they come from is src/live's matter.
 */
export interface DynamicReading {
  /** What is sound, by dotted name. */
  readonly values: ReadonlyMap<string, unknown>;
  /** What is not; each has the path of the setting as it was given. */
  readonly problems: readonly Problem[];
}

const origin: Origin = { kind: 'dynamic' };

/** Sound settings are read whatever the others are: of two releases, each takes what it knows. */
export function readDynamicSettings(given: ReadonlyMap<string, string>): DynamicReading {
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];
  for (const [path, text] of given) {
    const setting = findLive(path);
    if ('problem' in setting) problems.push({ path, origin, message: setting.problem });
    else assignments.push({ setting, value: fromText(setting, text), origin });
  }
  const { tree, provenance } = merge(assignments);
  const issues = configSchema.safeParse(tree).error?.issues ?? [];
  problems.push(...issues.flatMap((issue) => formatIssue(issue, tree, provenance)));

  const refused = new Set(problems.map(({ path }) => path));
  const sound = merge(assignments.filter(({ setting }) => !refused.has(setting.path)));
  const config = configSchema.parse(sound.tree);
  const paths = [...given.keys()].filter((path) => !refused.has(path));
  return { values: new Map(paths.map((path) => [path, valueAt(config, path)])), problems };
}

/** The configuration with these values in the place of its own. */
export function withDynamicSettings(config: Config, values: ReadonlyMap<string, unknown>): Config {
  const changed: Record<string, object> = { ...config };
  for (const [path, value] of values) {
    const [section = '', name = ''] = path.split('.');
    changed[section] = { ...changed[section], [name]: value };
  }
  return changed as Config;
}

/** Every setting that can be live, with its value and where that comes from. */
export function effectiveDynamicSettings(
  own: Config,
  provenance: Provenance,
  live: ReadonlyMap<string, unknown>,
): { readonly path: string; readonly value: unknown; readonly origin: Origin }[] {
  const config = withDynamicSettings(own, live);
  return dynamicPaths.map((path) => ({
    path,
    value: valueAt(config, path),
    origin: live.has(path) ? origin : provenance.of(path),
  }));
}

/** @param path of two names, as all dynamic settings have */
export function valueAt(config: Config, path: string): unknown {
  const [section = '', name = ''] = path.split('.');
  return (config as unknown as Record<string, Record<string, unknown>>)[section]?.[name];
}

function findLive(path: string): ReturnType<typeof findSetting> {
  if ((dynamicPaths as readonly string[]).includes(path)) return findSetting(path);
  const meant = nearest(path, dynamicPaths);
  if (meant !== undefined) return { problem: `no dynamic setting; did you mean ${meant}?` };
  const setting = findSetting(path);
  if ('problem' in setting) return setting;
  return { problem: `an instance reads it only when it starts; live can be ${dynamicPaths.join(', ')}` };
}
