import type { Surroundings } from '../../../src/config/surroundings.ts';

/** A process that consists of a few files and variables. */
export function surroundingsOf({
  files = {},
  environment = {},
}: {
  files?: Readonly<Record<string, string>>;
  environment?: Readonly<Record<string, string>>;
} = {}): Surroundings {
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
