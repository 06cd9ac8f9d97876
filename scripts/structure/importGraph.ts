import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { leafFiles } from './importRules.ts';

/**
 * Every import of `src/`, `tools/` and `bench/`: static, of types only, and dynamic. Reads text,
 * runs nothing.
 */

export const repositoryRoot = join(dirname(import.meta.filename), '../..');

export interface Import {
  /** The file that imports, from the root of the repository. */
  readonly file: string;
  /** A path from the root of the repository, or the name of a package. */
  readonly imported: string;
  readonly isPackage: boolean;
  readonly isDynamic: boolean;
}

const comments = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
const staticImports = /^(?:import|export)\b[^;'"]*?\bfrom\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]/gm;
const dynamicImports = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/**
 * The tracked TypeScript files of the product, its tools and its benchmarks, without generated
 * ones.
 */
export function productFiles(): string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', 'src', 'tools', 'bench'],
    {
      cwd: repositoryRoot,
      encoding: 'utf8',
    },
  );
  const isOurs = (file: string): boolean => file.endsWith('.ts') && !file.includes('/generated/');
  return listed.split('\n').filter((file) => isOurs(file) && existsSync(join(repositoryRoot, file)));
}

export function readProductFile(file: string): string {
  return readFileSync(join(repositoryRoot, file), 'utf8');
}

export function importsOf(file: string, text: string): Import[] {
  const code = text.replace(comments, '');
  const found = (pattern: RegExp, isDynamic: boolean): Import[] =>
    [...code.matchAll(pattern)].map((match) => resolve(file, match[1] ?? match[2] ?? '', isDynamic));
  const imports = [...found(staticImports, false), ...found(dynamicImports, true)];
  return imports.filter(({ imported }) => !imported.startsWith('node:'));
}

function resolve(file: string, specifier: string, isDynamic: boolean): Import {
  if (specifier.startsWith('.')) {
    const imported = posix.join(posix.dirname(file), specifier);
    return { file, imported, isPackage: false, isDynamic };
  }
  const parts = specifier.split('/');
  const imported = specifier.startsWith('node:')
    ? specifier
    : parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  return { file, imported, isPackage: true, isDynamic };
}

/** The folder of a path, as the rules name it. */
export function folderOf(path: string): string {
  const [top = '', second = '', ...rest] = path.split('/');
  if (top === 'bench') return 'bench';
  if (top !== 'src') return `${top}/${second}`;
  if (rest.length > 0) return second;
  return leafFiles.includes(second.replace(/\.ts$/, '')) ? 'leaves' : second;
}

/** Groups of files that import each other in a circle. */
export function findCircles(imports: readonly Import[]): string[][] {
  const edges = new Map<string, string[]>();
  for (const { file, imported, isPackage } of imports) {
    if (!isPackage) edges.set(file, [...(edges.get(file) ?? []), imported]);
  }
  return stronglyConnected(edges).filter((group) => group.length > 1);
}

/** Tarjan's algorithm. */
function stronglyConnected(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const indexes = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const groups: string[][] = [];
  const visit = (node: string): void => {
    indexes.set(node, indexes.size);
    lowest.set(node, indexes.size - 1);
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      if (!indexes.has(next)) visit(next);
      const candidate = stack.includes(next) ? (lowest.get(next) ?? 0) : Number.POSITIVE_INFINITY;
      lowest.set(node, Math.min(lowest.get(node) ?? 0, candidate));
    }
    if (lowest.get(node) === indexes.get(node)) groups.push(stack.splice(stack.indexOf(node)));
  };
  for (const node of edges.keys()) if (!indexes.has(node)) visit(node);
  return groups;
}
