import { folderRules, packageRules } from './importRules.ts';

/** The list of `importRules.ts` as a table for ARCHITECTURE.md. */
export function importTable(): string {
  const rows = [...folderRules].map(([folder, { purpose, imports }]) => {
    const packages = [...packageRules]
      .filter(([, folders]) => folders.includes(folder))
      .map(([name]) => `\`${name}\``);
    return `| \`${folder}\` | ${purpose} | ${imports.join(', ') || '–'} | ${packages.join(', ') || '–'} |`;
  });
  return ['| Folder | What it is | May import | Packages |', '|---|---|---|---|', ...rows, ''].join('\n');
}

if (import.meta.main) process.stdout.write(importTable());
