import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filterTable, policyTable } from '../../../scripts/policies/policyTable.ts';
import { repositoryRoot } from '../../../scripts/structure/importGraph.ts';
import { policyNames } from '../../../src/scheduling/policies/index.ts';

const page = readFileSync(join(repositoryRoot, 'docs/policies.md'), 'utf8');

describe('docs/policies.md', () => {
  it('has the tables that npm run generate writes', () => {
    expect(page).toContain(policyTable());
    expect(page).toContain(filterTable());
  });

  it.each(policyNames)('has a section about %s', (name) => {
    expect(page).toContain(`\n## ${name}\n`);
  });
});
