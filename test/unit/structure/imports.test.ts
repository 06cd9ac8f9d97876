import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  importsOf,
  productFiles,
  readProductFile,
  repositoryRoot,
} from '../../../scripts/structure/importGraph.ts';
import { importTable } from '../../../scripts/structure/importTable.ts';
import {
  importViolations,
  lengthViolations,
  unusedRules,
  upwardRules,
  type Violation,
} from '../../../scripts/structure/violations.ts';

const files = new Map(productFiles().map((file) => [file, readProductFile(file)]));
const imports = [...files].flatMap(([file, text]) => importsOf(file, text));

const listed = (violations: readonly Violation[]): string[] =>
  violations.map(({ key, where }) => `${key}: ${where}`);

const violationsOf = (file: string, text: string): string[] =>
  importViolations(importsOf(file, text)).map(({ key }) => key);

describe('the imports of src, tools and bench', () => {
  it('are allowed by the list in scripts/structure/importRules.ts, and make no circle', () => {
    expect(imports.length).toBeGreaterThan(500);
    expect(listed(importViolations(imports))).toEqual([]);
  });

  it('never lead upwards', () => {
    expect(upwardRules()).toEqual([]);
  });

  it('need every permission of the list', () => {
    expect(unusedRules(imports)).toEqual([]);
  });
});

describe('the files of the product', () => {
  it('have at most 250 lines', () => {
    expect(listed(lengthViolations(files))).toEqual([]);
  });
});

describe('the table in ARCHITECTURE.md', () => {
  it('is what npm run generate writes', () => {
    expect(readFileSync(join(repositoryRoot, 'ARCHITECTURE.md'), 'utf8')).toContain(importTable());
  });
});

describe('when code breaks a rule', () => {
  it.each([
    [
      'a folder that the list does not allow',
      'src/grpc/a.ts',
      "import { b } from '../extproc/b.ts';",
      'grpc → extproc',
    ],
    ['the same for types', 'src/grpc/a.ts', "import type { B } from '../pool/b.ts';", 'grpc → pool'],
    [
      'the same over several lines',
      'src/grpc/a.ts',
      "import {\n  b,\n  c,\n} from '../pool/b.ts';",
      'grpc → pool',
    ],
    ['the same for an export', 'src/grpc/a.ts', "export { b } from '../pool/b.ts';", 'grpc → pool'],
    ['the same for a dynamic import', 'src/pool/a.ts', "await import('../cli/b.ts');", 'pool → cli'],
    [
      'a tool loaded with the command line',
      'src/cli/a.ts',
      "import '../../tools/podsim/b.ts';",
      'cli → tools/podsim, not dynamic',
    ],
    [
      'a package of another folder',
      'src/pool/a.ts',
      "import { Etcd3 } from 'etcd3';",
      'pool → package etcd3',
    ],
    [
      'a package of a scope',
      'src/pool/a.ts',
      "import '@opentelemetry/api';",
      'pool → package @opentelemetry/api',
    ],
  ])('finds %s', (_, file, text, key) => {
    expect(violationsOf(file, text)).toEqual([key]);
  });

  it('finds files that import each other', () => {
    const circle = [
      ...importsOf('src/pool/a.ts', "import './b.ts';"),
      ...importsOf('src/pool/b.ts', "import type { C } from './c.ts';"),
      ...importsOf('src/pool/c.ts', "import './a.ts';"),
    ];
    expect(importViolations(circle).map(({ key }) => key)).toEqual(['circle in src/pool']);
  });

  it('finds a long file', () => {
    const [violation] = lengthViolations(new Map([['src/pool/a.ts', '\n'.repeat(251)]]));
    expect(violation?.where).toBe('src/pool/a.ts has 251 lines');
  });

  it('reads no comment', () => {
    expect(violationsOf('src/grpc/a.ts', "/*\nimport '../cli/b.ts';\n*/\n// import '../cli/c.ts'")).toEqual(
      [],
    );
  });
});
