import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventTable, logLinesOf } from '../../../scripts/structure/eventTable.ts';
import { repositoryRoot } from '../../../scripts/structure/importGraph.ts';

describe('the table of log events in docs/operations.md', () => {
  it('is what npm run generate writes', () => {
    const page = readFileSync(join(repositoryRoot, 'docs/operations.md'), 'utf8');
    expect(page).toContain(eventTable());
  });

  it('has every call, also over several lines and with nested fields', () => {
    const source = [
      "log.info({ event: 'a.b' }, 'one');",
      `this.#log.warn(\n  { event: 'c.d', cause, more: { e: 1 } },\n  \`two \${x}\`,\n);`,
    ].join('\n');
    expect(logLinesOf(source)).toEqual([
      { event: 'a.b', level: 'info', message: 'one' },
      { event: 'c.d', level: 'warn', message: 'two …' },
    ]);
  });
});
