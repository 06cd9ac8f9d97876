import { posix } from 'node:path';
import { findCircles, folderOf, type Import } from './importGraph.ts';
import { folderRules, longestFileLines, packageRules } from './importRules.ts';

/**
 * What a set of imports and files breaks. One violation: its key, short and stable, and where it
 * is.
 */
export interface Violation {
  readonly key: string;
  readonly where: string;
}

export function importViolations(imports: readonly Import[]): Violation[] {
  return [...imports.flatMap(importViolation), ...circleViolations(imports)];
}

function importViolation(entry: Import): Violation[] {
  const { file, imported, isPackage, isDynamic } = entry;
  const from = folderOf(file);
  const where = `${file} imports ${imported}`;
  if (isPackage)
    return mayImportPackage(from, imported) ? [] : [{ key: `${from} → package ${imported}`, where }];
  const to = folderOf(imported);
  if (from === to) return [];
  if (!(folderRules.get(from)?.imports ?? []).includes(to)) return [{ key: `${from} → ${to}`, where }];
  // The product starts tools only when a command asks for them.
  const loadsToolEarly = file.startsWith('src/') && imported.startsWith('tools/') && !isDynamic;
  return loadsToolEarly ? [{ key: `${from} → ${to}, not dynamic`, where }] : [];
}

function mayImportPackage(folder: string, name: string): boolean {
  const scope = `${name.split('/')[0]}/*`;
  return (packageRules.get(name) ?? packageRules.get(scope) ?? []).includes(folder);
}

function circleViolations(imports: readonly Import[]): Violation[] {
  return findCircles(imports).map((group) => ({
    key: `circle in ${[...new Set(group.map((file) => posix.dirname(file)))].sort().join(', ')}`,
    where: group.join(' → '),
  }));
}

export function lengthViolations(files: ReadonlyMap<string, string>): Violation[] {
  return [...files]
    .filter(([file]) => file.startsWith('src/'))
    .map(([file, text]) => ({ file, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > longestFileLines)
    .map(({ file, lines }) => ({ key: `long file ${file}`, where: `${file} has ${lines} lines` }));
}

/** Rules that name a folder of a higher layer. */
export function upwardRules(): Violation[] {
  const order = [...folderRules.keys(), 'test/support'];
  return [...folderRules].flatMap(([folder, { imports }]) =>
    imports
      .filter((imported) => {
        const rank = order.indexOf(imported);
        const isAbove = folder !== 'bench' && rank > order.indexOf(folder);
        return rank < 0 || isAbove;
      })
      .map((imported) => ({ key: `${folder} → ${imported}`, where: 'importRules.ts' })),
  );
}

/** Permissions that no import needs. */
export function unusedRules(imports: readonly Import[]): string[] {
  const used = new Set(
    imports.map(
      ({ file, imported, isPackage }) => `${folderOf(file)} → ${isPackage ? imported : folderOf(imported)}`,
    ),
  );
  const folders = [...folderRules].flatMap(([folder, rule]) =>
    rule.imports.map((other) => `${folder} → ${other}`),
  );
  return folders.filter((arrow) => !used.has(arrow));
}
