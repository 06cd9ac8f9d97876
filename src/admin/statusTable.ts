import { escapeControls } from '../controlCharacters.ts';
import type { EndpointLine, InstanceLine, StatusReport } from './statusReport.ts';

/** The report as text: a table of instances and a table of endpoints, both sorted. */
export function statusTable(report: StatusReport): string {
  const { pool, source, instances, endpoints, handedOff, recordsSkipped } = report;
  const lines = [`pool ${escapeControls(pool)}, read from ${escapeControls(source)}`, ''];
  if (instances.length === 0) lines.push('No instances.');
  else {
    lines.push(
      ...textTable(
        ['INSTANCE', 'PHASE', 'RELEASE', 'GENERATION', 'IN FLIGHT'],
        instances.toSorted((a, b) => compareNames(a.id, b.id)).map(instanceRow),
      ),
    );
  }
  lines.push('');
  if (endpoints.length === 0) lines.push('No endpoints.');
  else {
    lines.push(
      ...textTable(
        ['ENDPOINT', ...endpointColumns],
        endpoints.toSorted((a, b) => compareNames(a.address, b.address)).map(endpointRow),
      ),
    );
    if (endpoints.some(({ ready }) => ready === null)) {
      lines.push(
        '',
        'READY is not in etcd: each instance probes for itself. Ask one: baton status --admin HOST:PORT',
      );
    }
    const total = endpoints.reduce((sum, { inFlight }) => sum + inFlight, 0);
    lines.push('', `${countText(total)} requests in flight on ${endpoints.length} endpoints`);
  }
  if (handedOff > 0)
    lines.push(`${countText(handedOff)} of them were handed off by instances that have stopped`);
  if (recordsSkipped > 0) lines.push(`${recordsSkipped} records skipped: ${whySkipped}`);
  return `${lines.join('\n')}\n`;
}

const whySkipped = 'unreadable, too large, too many, or without a lease';

type Cells = readonly (string | number)[];

export function instanceRow(one: InstanceLine): Cells {
  return [one.id, phaseText(one), one.release, one.generation, countText(one.inFlight)];
}

/** Those behind the address. */
export const endpointColumns = [
  'READY',
  'RESPONSES',
  'ENGINE',
  'CACHE HITS',
  'FIRST TOKEN',
  'COUNTED',
  'IN FLIGHT',
] as const;

export function endpointRow(one: EndpointLine): Cells {
  const ready = one.ready === null ? '-' : one.ready ? 'yes' : 'no';
  const countedBy = one.countedBy ?? '-';
  const said = [readingText(one), hitRateText(one), firstTokenText(one)];
  return [one.address, ready, healthText(one), ...said, countedBy, countText(one.inFlight)];
}

/** Aligns text to the left and numbers to the right; control characters are escaped. */
export function textTable(head: readonly string[], given: readonly Cells[]): string[] {
  const rows = given.map((cells) =>
    cells.map((one) => (typeof one === 'string' ? escapeControls(one) : one)),
  );
  const widths = head.map((title, column) =>
    rows.reduce((width, row) => Math.max(width, String(row[column]).length), title.length),
  );
  const numeric = head.map(
    (_, column) => column === head.length - 1 || typeof rows[0]?.[column] === 'number',
  );
  const line = (cells: Cells): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return numeric[column] ? String(cell).padStart(width) : String(cell).padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)];
}

/** `ready, degraded`, `standby, no endpoint ready`. */
function phaseText({ phase, degraded, withoutEndpoints }: InstanceLine): string {
  const problems = [...(degraded ? ['degraded'] : []), ...(withoutEndpoints ? ['no endpoint ready'] : [])];
  return [phase ?? 'unknown', ...problems].join(', ');
}

/** `quarantined: server-error`. */
function healthText({ health, reason }: EndpointLine): string {
  return reason === null ? (health ?? '-') : `${health}: ${reason}`;
}

/** `12 run, 3 wait`. */
function readingText({ reading }: EndpointLine): string {
  return reading === null ? '-' : `${reading.running ?? '?'} run, ${reading.waiting ?? '?'} wait`;
}

/** `62 %`. */
function hitRateText({ reading }: EndpointLine): string {
  const rate = reading?.cacheHitRate ?? null;
  return rate === null ? '-' : `${Math.round(100 * rate)} %`;
}

/** `210 ms`. */
function firstTokenText({ reading }: EndpointLine): string {
  const ms = reading?.firstTokenMs ?? null;
  return ms === null ? '-' : `${Math.round(ms)} ms`;
}

/** Whole, or with one decimal where stale counts decay. */
export function countText(inFlight: number): string {
  return Number.isInteger(inFlight) ? String(inFlight) : inFlight.toFixed(1);
}

export function compareNames(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
