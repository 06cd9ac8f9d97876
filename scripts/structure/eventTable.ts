import { productFiles, readProductFile } from './importGraph.ts';

/**
 * The log lines of the product by their `event`, as a table for docs/operations.md. Reads the
 * source as text.
 */

interface LogLine {
  readonly event: string;
  readonly level: string;
  readonly message: string;
}

const logCall =
  /\blog\w*\??\.(trace|debug|info|warn|error|fatal)\(\s*\{(?:[^{}]|\{[^{}]*\})*?\bevent:\s*'([^']+)'(?:[^{}]|\{[^{}]*\})*\},\s*(?:(['`])([\s\S]*?)\3|\w+)/gi;

export function logLinesOf(text: string): LogLine[] {
  return [...text.matchAll(logCall)].map(([, level = '', event = '', , message = '…']) => ({
    event,
    level,
    message: message.replace(/\$\{[^}]*\}/g, '…'),
  }));
}

export function eventTable(): string {
  const files = productFiles().filter((file) => file.startsWith('src/'));
  const lines = files.flatMap((file) => logLinesOf(readProductFile(file)));
  const rows = lines.map(({ event, level, message }) => `| \`${event}\` | ${level} | ${message} |`);
  return ['| Event | Level | Message |', '|---|---|---|', ...[...new Set(rows)].sort(), ''].join('\n');
}

if (import.meta.main) process.stdout.write(eventTable());
