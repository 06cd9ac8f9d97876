import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readBoundedFileSync } from '../boundedFile.ts';
import { packageRoot } from '../packageRoot.ts';

/** What the configuration reads from the process. The only place that reads `process.env`. */
export interface ProcessEnv {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** @throws Error when the file cannot be read */
  readonly readFile: (path: string) => string;
  /** The instance's id unless the configuration names one. */
  readonly instanceId: () => string;
  readonly packageVersion: string;
}

export function readProcessEnv(): ProcessEnv {
  return {
    environment: process.env,
    readFile: (path) => readBoundedFileSync(path).toString(),
    instanceId: () =>
      `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`.replace(/[^\w.-]/g, '-'),
    packageVersion: readPackageVersion(),
  };
}

function readPackageVersion(): string {
  const text = readBoundedFileSync(join(packageRoot(), 'package.json')).toString();
  return (JSON.parse(text) as { version: string }).version;
}
