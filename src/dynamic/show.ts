import { effectiveDynamicSettings, readDynamicSettings } from '../config/dynamicSettings.ts';
import { formatOrigin, formatProblem } from '../config/problem.ts';
import type { Provenance } from '../config/provenance.ts';
import type { Config } from '../config/schema.ts';
import type { DynamicConfigRecord } from '../proto/records/dynamicConfigRecord.ts';

/**
 * The output of `baton dynamic show`: every dynamic setting as an instance with this configuration
 * has it, and the origin of its value. Pure.
 */
export function formatDynamicConfig(
  local: Config,
  provenance: Provenance,
  record: DynamicConfigRecord | undefined,
): string {
  const { values, problems } = readDynamicSettings(record?.settings ?? new Map());
  const rows = effectiveDynamicSettings(local, provenance, values).map(({ path, value, origin }) => ({
    path,
    value: String(value),
    origin: formatOrigin(origin),
  }));
  const width = (of: (row: (typeof rows)[number]) => string): number =>
    Math.max(...rows.map((row) => of(row).length));
  const [pathWidth, valueWidth] = [width(({ path }) => path), width(({ value }) => value)];
  const lines = [
    headline(local.pool.name, record),
    ...rows.map(
      ({ path, value, origin }) => `  ${path.padEnd(pathWidth)}  ${value.padEnd(valueWidth)}  ${origin}`,
    ),
    ...problems.map((problem) => `ignored by this release: ${formatProblem(problem)}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** The same for programs. */
export function dynamicConfigJson(
  local: Config,
  provenance: Provenance,
  record: DynamicConfigRecord | undefined,
): string {
  const { values, problems } = readDynamicSettings(record?.settings ?? new Map());
  const inForce = effectiveDynamicSettings(local, provenance, values);
  const answer = {
    pool: local.pool.name,
    dynamic: record === undefined ? null : { ...record, settings: Object.fromEntries(record.settings) },
    values: Object.fromEntries(inForce.map(({ path, value }) => [path, value])),
    origins: Object.fromEntries(inForce.map(({ path, origin }) => [path, formatOrigin(origin)])),
    leftOut: problems.map(formatProblem),
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

function headline(pool: string, record: DynamicConfigRecord | undefined): string {
  if (record === undefined) return `pool ${pool}: no dynamic configuration`;
  const reason = record.reason === '' ? '' : `: ${record.reason}`;
  return `pool ${pool}: dynamic configuration since ${new Date(record.setUnixMs).toISOString()}${reason}`;
}
