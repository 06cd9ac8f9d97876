import { nearest } from '../nearest.ts';
import { type Assignment, findSetting, fromText, merge } from './assignment.ts';
import { formatIssue } from './issues.ts';
import type { Origin, Problem } from './problem.ts';
import type { Provenance } from './provenance.ts';
import { type Config, configSchema, dynamicPaths } from './schema.ts';
import { valueAt } from './valueAt.ts';

/**
 * The settings of the dynamic configuration: texts by dotted name, validated one by one with the
 * same schema as every other source. config/dynamic reads them from etcd.
 */
export interface DynamicValues {
  /** The valid values, by dotted name. */
  readonly values: ReadonlyMap<string, unknown>;
  /** The invalid ones; each has the path of the setting as given. */
  readonly problems: readonly Problem[];
}

const origin: Origin = { kind: 'dynamic' };

/**
 * An invalid setting does not affect the others: releases with different settings read each
 * other's.
 */
export function readDynamicSettings(given: ReadonlyMap<string, string>): DynamicValues {
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];
  for (const [path, text] of given) {
    const setting = findDynamic(path);
    if ('problem' in setting) problems.push({ path, origin, message: setting.problem });
    else assignments.push({ setting, value: fromText(setting, text), origin });
  }
  const { tree, provenance } = merge(assignments);
  const issues = configSchema.safeParse(tree).error?.issues ?? [];
  problems.push(...issues.flatMap((issue) => formatIssue(issue, tree, provenance)));

  const refused = new Set(problems.map(({ path }) => path));
  const valid = merge(assignments.filter(({ setting }) => !refused.has(setting.path)));
  const config = configSchema.parse(valid.tree);
  const paths = [...given.keys()].filter((path) => !refused.has(path));
  return { values: new Map(paths.map((path) => [path, valueAt(config, path)])), problems };
}

/** The configuration with these values instead of its own. */
export function withDynamicSettings(config: Config, values: ReadonlyMap<string, unknown>): Config {
  const changed: Record<string, object> = { ...config };
  for (const [path, value] of values) {
    const [section = '', name = ''] = path.split('.');
    changed[section] = { ...changed[section], [name]: value };
  }
  return changed as Config;
}

/** Every dynamic setting, with its value and its origin. */
export function effectiveDynamicSettings(
  local: Config,
  provenance: Provenance,
  dynamic: ReadonlyMap<string, unknown>,
): { readonly path: string; readonly value: unknown; readonly origin: Origin }[] {
  const config = withDynamicSettings(local, dynamic);
  return dynamicPaths.map((path) => ({
    path,
    value: valueAt(config, path),
    origin: dynamic.has(path) ? origin : provenance.of(path),
  }));
}

function findDynamic(path: string): ReturnType<typeof findSetting> {
  if ((dynamicPaths as readonly string[]).includes(path)) return findSetting(path);
  const meant = nearest(path, dynamicPaths);
  if (meant !== undefined) return { problem: `not a dynamic setting; did you mean ${meant}?` };
  const setting = findSetting(path);
  if ('problem' in setting) return setting;
  return { problem: `an instance reads it only when it starts; dynamic are ${dynamicPaths.join(', ')}` };
}
