import { filters } from '../../src/scheduling/filters/index.ts';
import { policyDefinitions } from '../../src/scheduling/policies/index.ts';

/** The lists of policies and filters as tables for docs/policies.md. */

export function policyTable(): string {
  const rows = policyDefinitions.map(({ name, summary }) => `| [\`${name}\`](#${name}) | ${summary} |`);
  return ['| Policy | Chooses |', '|---|---|', ...rows, ''].join('\n');
}

export function filterTable(): string {
  const rows = filters.map(({ name, summary }, index) => `| ${index + 1} | \`${name}\` | ${summary} |`);
  return ['| | Filter | What it does |', '|---|---|---|', ...rows, ''].join('\n');
}

if (import.meta.main) process.stdout.write(process.argv[2] === 'filters' ? filterTable() : policyTable());
