import type { ProcessEnv } from '../../../src/config/processEnv.ts';

/** A process that consists of a few files and variables. */
export function processEnvOf({
  files = {},
  environment = {},
}: {
  files?: Readonly<Record<string, string>>;
  environment?: Readonly<Record<string, string>>;
} = {}): ProcessEnv {
  return {
    environment,
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
      return text;
    },
    instanceId: () => 'host-1-abc',
    packageVersion: '9.9.9',
  };
}
