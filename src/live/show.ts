import { liveSettingsInForce, readLiveSettings } from '../config/liveSettings.ts';
import type { Origins } from '../config/origins.ts';
import { describeOrigin, describeProblem } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import type { LiveRecord } from './liveRecord.ts';

/**
 * What `baton live show` answers: every setting that can be live, as an instance with this configuration has it,
 * and where its value comes from. Pure.
 */
export function liveText(own: Config, origins: Origins, record: LiveRecord | undefined): string {
  const { values, problems } = readLiveSettings(record?.settings ?? new Map());
  const rows = liveSettingsInForce(own, origins, values).map(({ path, value, origin }) => ({
    path,
    value: String(value),
    origin: describeOrigin(origin),
  }));
  const width = (of: (row: (typeof rows)[number]) => string): number =>
    Math.max(...rows.map((row) => of(row).length));
  const [pathWidth, valueWidth] = [width(({ path }) => path), width(({ value }) => value)];
  const lines = [
    headline(own.pool.name, record),
    ...rows.map(
      ({ path, value, origin }) => `  ${path.padEnd(pathWidth)}  ${value.padEnd(valueWidth)}  ${origin}`,
    ),
    ...problems.map((problem) => `left out by this release: ${describeProblem(problem)}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** The same for programs. */
export function liveJson(own: Config, origins: Origins, record: LiveRecord | undefined): string {
  const { values, problems } = readLiveSettings(record?.settings ?? new Map());
  const inForce = liveSettingsInForce(own, origins, values);
  const answer = {
    pool: own.pool.name,
    live: record === undefined ? null : { ...record, settings: Object.fromEntries(record.settings) },
    values: Object.fromEntries(inForce.map(({ path, value }) => [path, value])),
    origins: Object.fromEntries(inForce.map(({ path, origin }) => [path, describeOrigin(origin)])),
    leftOut: problems.map(describeProblem),
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

function headline(pool: string, record: LiveRecord | undefined): string {
  if (record === undefined) return `pool ${pool}: nothing is live`;
  const reason = record.reason === '' ? '' : `: ${record.reason}`;
  return `pool ${pool}: live configuration since ${new Date(record.setUnixMs).toISOString()}${reason}`;
}
