import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTools } from '../../../tools/testbed/tools.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-tools-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('findTools', () => {
  it('takes what the environment names', () => {
    const [envoy, etcd] = [process.execPath, '/bin/sh'];
    expect(findTools({ ENVOY_BIN: envoy, ETCD_BIN: etcd })).toEqual({ envoy, etcd });
  });

  it('takes an executable file from the PATH', async () => {
    const envoy = join(folder, 'envoy');
    await writeFile(envoy, '');
    await chmod(envoy, 0o755);
    const environment = { PATH: `relative:/no/such:${folder}` };
    expect(findTools(environment, ['envoy'], '/no/checkout')).toEqual({ envoy });
    expect(findTools({}, ['envoy'], folder)).toEqual({ envoy });
  });

  it('takes neither a folder nor a file that cannot be executed', async () => {
    await mkdir(join(folder, 'envoy'));
    for (const path of [join(folder, 'envoy'), import.meta.filename]) {
      expect(() => findTools({ ENVOY_BIN: path }, ['envoy'])).toThrow(`ENVOY_BIN names ${path}`);
    }
  });

  it('names every missing tool, where it was searched for, and how to get it', () => {
    const missing = { ENVOY_BIN: '/no/envoy', ETCD_BIN: '/no/etcd' };
    expect(() => findTools(missing)).toThrow(
      expect.objectContaining({
        code: 'tool-missing',
        exitCode: 69,
        message: expect.stringMatching(
          /^Envoy is missing: ENVOY_BIN names \/no\/envoy, .*https:.* etcd is missing: ETCD_BIN names .*https:/,
        ),
      }),
    );
  });

  it('does not ask for a tool that is not needed', () => {
    expect(findTools({ ENVOY_BIN: '/bin/sh', ETCD_BIN: '/no/etcd' }, ['envoy'])).toEqual({
      envoy: '/bin/sh',
    });
  });
});
