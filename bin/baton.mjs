#!/usr/bin/env node
/**
 * The command `baton`. This file must parse on any Node since 16, so that an old one prints one
 * sentence in place of a stack. A checkout runs src/ as it is; the installed package has only
 * dist/, compiled from it.
 */
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

if (isSupported(process.versions.node, engines.node)) {
  // Before anything else is loaded: a third of the start is compiling. In a checkout another part
  // is loading the compiler that strips types, and nothing in the cache needs it. The cache lies
  // beside the code, not in the folder for temporary files that everybody may write to. Where it
  // cannot be written there is none.
  module.enableCompileCache?.(fileURLToPath(new URL('../node_modules/.cache/baton', import.meta.url)));
  const source = new URL('../src/cli/main.ts', import.meta.url);
  await import(existsSync(source) ? source.href : '../dist/src/cli/main.js');
} else {
  process.stderr.write(
    `baton: Node ${engines.node} is required; this is Node ${process.versions.node} (${process.execPath})\n`,
  );
  process.exitCode = 1;
}

/**
 * Evaluates the two forms of range that `engines` uses: `^x.y.z` and `>=x.y.z`, separated by `||`.
 */
function isSupported(version, ranges) {
  const running = version.split('.').map(Number);
  return ranges.split('||').some((range) => {
    const [, operator, oldest] = /^\s*(\^|>=)(\d+\.\d+\.\d+)\s*$/.exec(range);
    const wanted = oldest.split('.').map(Number);
    if (operator === '^' && running[0] !== wanted[0]) return false;
    const differing = [0, 1, 2].find((part) => running[part] !== wanted[part]);
    return differing === undefined || running[differing] > wanted[differing];
  });
}
