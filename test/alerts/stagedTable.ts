import { alerts } from '../../scripts/monitoring/alerts.ts';
import type { RehearsedResult } from './rehearsedAlerts.ts';
import { compression, type StagedResult } from './stageAlerts.ts';

/** The results as Markdown, pure: an alert a row, in the order of the rules. */
export function stagedTable({ staged }: StagedResult, rehearsed: RehearsedResult): string {
  const rows = alerts.map(({ name }) => {
    const { fault = '–', seconds } = staged.find(({ alert }) => alert === name) ?? {};
    const fired = seconds === undefined ? 'no' : `yes, after ${Math.round(seconds)}`;
    const inRehearsal = rehearsed.fired.some(({ alert }) => alert === name) ? 'fired' : 'silent';
    return `| [${name}](runbooks.md#${name.toLowerCase()}) | ${fault} | ${fired} | ${inRehearsal} |`;
  });
  return [
    `| Alert | Staged fault | Fired (minutes; ${compression.factor} times as fast) | In the rehearsal |`,
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
}
