#!/usr/bin/env node
/**
 * The command `baton`. This file must parse on any Node since 16, so that an old one prints one
 * sentence in place of a stack. A checkout runs src/ as it is; the installed package has only
 * dist/, compiled from it.
 */
import { existsSync, readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

if (isSupported(process.versions.node, engines.node)) {
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
