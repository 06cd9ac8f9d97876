import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Finding, findDoubleNames, findLogCallsWithoutEvent, scanText } from './scan.ts';

/**
 * Runs the language check over every tracked file. `--list [PREFIX]` prints findings, otherwise
 * counts.
 */

const root = join(dirname(import.meta.filename), '../..');

const checkedKinds = /\.(?:ts|mjs|md|sh|ya?ml|proto|go|service)$|(?:^|\/)(?:Makefile|Dockerfile)$/;

/** Frozen bytes, generated files, foreign text, and this check itself. */
const exempt = [
  /^CHANGELOG\.md$/,
  /^CODE_OF_CONDUCT\.md$/,
  /^test\/fixtures\//,
  /\/generated\//,
  /^proto\/(?:envoy|grpc|google)\//,
  /^scripts\/language\//,
  /^test\/unit\/structure\/language\.test\.ts$/,
  /^node_modules\//,
];

export function readTree(): Map<string, string> {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  const files = listed
    .split('\n')
    .filter((file) => checkedKinds.test(file) && !exempt.some((pattern) => pattern.test(file)))
    .filter((file) => existsSync(join(root, file)));
  return new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
}

export function checkTree(files: ReadonlyMap<string, string>): Finding[] {
  const inFolders = (pattern: RegExp): Map<string, string> =>
    new Map([...files].filter(([file]) => pattern.test(file)));
  return [
    ...[...files].flatMap(([file, text]) => scanText(file, text)),
    ...[...inFolders(/^src\/.*\.ts$/)].flatMap(([file, text]) => findLogCallsWithoutEvent(file, text)),
    ...findDoubleNames(inFolders(/^(?:src|tools|bench|test|scripts)\/.*\.ts$/)),
  ];
}

function folderOf(file: string): string {
  return file.split('/').slice(0, -1).slice(0, 2).join('/') || '.';
}

function printCounts(findings: readonly Finding[]): void {
  const counts = new Map<string, number>();
  for (const { file } of findings) counts.set(folderOf(file), (counts.get(folderOf(file)) ?? 0) + 1);
  for (const [folder, count] of [...counts].sort())
    process.stdout.write(`${String(count).padStart(5)} ${folder}\n`);
  process.stdout.write(`${findings.length} findings. --list [PREFIX] prints them.\n`);
}

export function main(args: readonly string[]): number {
  const isStrict = args.includes('--strict');
  const list = args.indexOf('--list');
  const findings = checkTree(readTree());
  const prefix = list < 0 ? '' : (args[list + 1] ?? '');
  const listed = findings.filter(({ file }) => file.startsWith(prefix.startsWith('--') ? '' : prefix));
  if (list >= 0 || isStrict)
    for (const { file, line, problem } of listed) process.stdout.write(`${file}:${line}: ${problem}\n`);
  if (findings.length > 0) printCounts(findings);
  return isStrict && findings.length > 0 ? 1 : 0;
}
