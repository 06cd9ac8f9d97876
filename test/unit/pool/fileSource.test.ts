import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Lookup, resolutionOf } from '../../../src/pool/dns/lookup.ts';
import { FileSource } from '../../../src/pool/fileSource.ts';
import { eventually } from '../../support/eventually.ts';
import { RecordedReport } from './recordedReport.ts';

let folder: string;
let path: string;
let report: RecordedReport;
let source: FileSource;
let updates: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-file-source-'));
  path = join(folder, 'pods.yaml');
  report = new RecordedReport();
  updates = [];
});
afterEach(async () => {
  await source.stop();
  await rm(folder, { recursive: true });
});

function start(file = path): Promise<void> {
  const lookup: Lookup = async ({ name }) =>
    resolutionOf([name === 'old' ? '10.9.9.1' : '10.9.9.2'], undefined);
  source = new FileSource(file, { pollMs: 3, dnsRefreshMs: 60_000, report, lookup });
  return source.start((endpoints) => updates.push(endpoints.map(({ address }) => address).join(' ')));
}

/** Not in place: a poll between the cut and the write would rightly read the file twice. */
async function replace(text: string): Promise<void> {
  await writeFile(join(folder, 'new'), text);
  await rename(join(folder, 'new'), path);
}

const list = (...addresses: string[]) =>
  `endpoints: [${addresses.map((address) => `"${address}"`).join(', ')}]\n`;

describe('when the file is valid', () => {
  it('passes on its endpoints before start resolves, and only once while nothing changes', async () => {
    await writeFile(path, list('10.0.0.1:80', '10.0.0.2:80'));
    await start();
    expect(updates).toEqual(['10.0.0.1:80 10.0.0.2:80']);
    await replace(list('10.0.0.3:80'));
    await eventually(() => updates.length > 1);
    expect(updates).toEqual(['10.0.0.1:80 10.0.0.2:80', '10.0.0.3:80']);
  });

  it('follows a change of the same size', async () => {
    await writeFile(path, list('10.0.0.1:80'));
    await start();
    await writeFile(path, list('10.0.0.2:80'));
    await eventually(() => updates.at(-1) === '10.0.0.2:80');
  });

  it('follows a rename over it', async () => {
    await writeFile(path, list('10.0.0.1:80'));
    await start();
    await replace(list('10.0.0.2:80'));
    await eventually(() => updates.at(-1) === '10.0.0.2:80');
    expect(report.warnings).toEqual([]);
  });

  it("follows the swap of a symlink, as Kubernetes updates a ConfigMap's volume", async () => {
    for (const [version, address] of [
      ['..v1', '10.0.0.1:80'],
      ['..v2', '10.0.0.2:80'],
    ] as const) {
      await mkdir(join(folder, version));
      await writeFile(join(folder, version, 'pods.yaml'), list(address));
    }
    await symlink('..v1', join(folder, '..data'));
    await symlink('..data/pods.yaml', path);
    await start();
    expect(updates).toEqual(['10.0.0.1:80']);
    await symlink('..v2', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await eventually(() => updates.at(-1) === '10.0.0.2:80');
    expect(report.warnings).toEqual([]);
  });

  it('resolves host names, those of a later edit too', async () => {
    await writeFile(path, list('old:80'));
    await start();
    await replace(list('new:80'));
    await eventually(() => updates.at(-1) === '10.9.9.2:80');
    expect(updates).toEqual(['10.9.9.1:80', '10.9.9.2:80']);
  });
});

describe('when an edit is broken', () => {
  it.each([
    ['bad YAML', 'endpoints: [', 'YAML'],
    ['an invalid address', list('10.0.0.1'), 'no port'],
    ['a duplicate', list('10.0.0.1:80', '10.0.0.1:80'), 'endpoints[0] does not name'],
    ['an empty file', '', 'the key "endpoints"'],
  ])('keeps the last good pool and logs the reason once: %s', async (_situation, text, reason) => {
    await writeFile(path, list('10.0.0.1:80'));
    await start();
    await replace(text);
    await eventually(() => report.reasons.some((logged) => String(logged).includes(reason)));
    await replace(text);
    await replace(list('10.0.0.2:80'));
    await eventually(() => updates.at(-1) === '10.0.0.2:80');
    expect(updates).toEqual(['10.0.0.1:80', '10.0.0.2:80']);
    expect(report.reasons.filter((logged) => String(logged).includes(reason))).toHaveLength(1);
    expect(report.counts).toContain(`broken-file file ${path}`);
    expect(report.infos.at(-1)?.fields.event).toBe('endpoints-file.recovered');
  });

  it('keeps the last good pool while the file is missing, and logs when the same file is back', async () => {
    await mkdir(join(folder, 'mount'));
    path = join(folder, 'mount', 'pods.yaml');
    await writeFile(path, list('10.0.0.1:80'));
    await start();
    await rename(join(folder, 'mount'), join(folder, 'away'));
    await eventually(() => report.warnings.length > 0);
    expect(report.reasons).toEqual([expect.stringContaining('ENOENT')]);
    expect(updates).toEqual(['10.0.0.1:80']);
    await rename(join(folder, 'away'), join(folder, 'mount'));
    await eventually(() => report.infos.at(-1)?.fields.event === 'endpoints-file.recovered');
    expect(report.counts).toHaveLength(1);
  });

  it('logs a new reason, and an old one that comes back', async () => {
    await writeFile(path, list('10.0.0.1:80'));
    await start();
    await unlink(path);
    await eventually(() => report.warnings.length === 1);
    await replace(list('bad'));
    await eventually(() => report.reasons.some((reason) => String(reason).includes('bad')));
    const before = report.warnings.length;
    await unlink(path);
    await eventually(() => report.warnings.length > before);
    expect(report.reasons.at(-1)).toEqual(expect.stringContaining('ENOENT'));
  });
});

describe('when a link leads to another file', () => {
  const secret = 'canary-7f3a';

  it.each([
    `root:$6$${secret}:19000:0:99999:7:::\n`,
    `token: ${secret}\nuser: { password: ${secret} }\n`,
    `endpoints: []\npassword: ${secret}\n`,
    `endpoints:\n  - url: https://me:${secret}@10.0.0.1:80/\n    bearer: [${secret}]\n`,
    `endpoints: ["https://me:${secret}@10.0.0.1:80", "10.0.0.1:80?key=${secret}"]\n`,
    `endpoints: { a: ${secret} }\n`,
    `endpoints: [[${secret}], { address: { a: ${secret} } }]\n`,
    `- ${secret}\n- *${secret}\n`,
    `!${secret} text\n`,
    `key: |${secret}\n  text\n`,
    `key: "\\x${secret}"\n`,
    `? [${secret}]\n: x\n`,
    `%${secret} 1.2\n---\n- a\n`,
    `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`,
    `{"d": "${secret}", "k": \n`,
    `endpoints: []\n---\n${secret}: 1\n`,
  ])('says nothing of its text: %j', async (text) => {
    await writeFile(path, text);
    await expect(start()).rejects.toThrow(/cannot be used/);
    await expect(start()).rejects.not.toThrow(secret);
  });
});

describe('when the file is broken at the start', () => {
  it.each([
    ['missing', undefined, /file .*pods\.yaml cannot be read: ENOENT/],
    [
      'invalid',
      'endpoints: [10.0.0.1]',
      /file .*pods\.yaml cannot be used: endpoints\[0\]: expected an address/,
    ],
  ])('refuses to start when it is %s', async (_situation, text, message) => {
    if (text) await writeFile(path, text);
    await expect(start()).rejects.toThrow(message);
    expect(updates).toEqual([]);
  });

  it('refuses to start on a folder', async () => {
    await expect(start(folder)).rejects.toThrow(/cannot be read: it is a directory; expected a regular file/);
  });
});
