import type { Config } from 'jest';

/**
 * Native ES modules in every suite (`--experimental-vm-modules` is set by the npm scripts),
 * TypeScript stripped by swc. One project a kind of test, so that `make check` can run the
 * quick ones alone.
 */
const transform: Config['transform'] = {
  '^.+\\.ts$': [
    '@swc/jest',
    { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
  ],
};

const suite = (displayName: string): NonNullable<Config['projects']>[number] => ({
  displayName,
  testMatch: [`<rootDir>/test/${displayName}/**/*.test.ts`],
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  transform,
});

const config: Config = {
  projects: ['unit', 'property', 'integration', 'e2e', 'browser'].map(suite),
  testTimeout: 60_000,
  // On a busy machine Jest learns of a worker's exit more than half a second late, its default
  // limit, and then reports a leak.
  workerGracefulExitTimeout: 5_000,
};

export default config;
