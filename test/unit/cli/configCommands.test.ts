import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { check, show } from '../../../src/cli/configCommands.ts';
import { jsonSchema } from '../../../src/config/jsonSchema.ts';
import { settings } from '../../../src/config/settings.ts';
import { configTable, settingsHelp } from '../../../src/config/table.ts';
import { surroundingsOf } from '../config/processEnvOf.ts';

const checkoutFile = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

describe('baton config', () => {
  const surroundings = surroundingsOf({
    files: { 'baton.yaml': 'pool:\n  endpoints: [10.0.0.1:80]\netcd: { username: u, password: s3cret }\n' },
    environment: { BATON_DRAIN_GRACE_MS: '5000', BATON_CONFIG: 'baton.yaml' },
  });

  it('prints YAML with the origin of every value', () => {
    const { stdout, exitCode } = show({ policy: 'random' }, {}, surroundings);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('  graceMs: 5000 # BATON_DRAIN_GRACE_MS\n');
    expect(stdout).toContain('  quietMs: 1000 # default\n');
    expect(stdout).toContain('  # baton.yaml:2:3\n  endpoints:\n    - address: 10.0.0.1:80\n');
    expect(stdout).toContain('  policy: random # --policy\n');
    expect(stdout).toContain('  # default\n  destinationHeaders: []\n');
  });

  it('prints JSON with the origins by path', () => {
    const { stdout } = show({ policy: 'random' }, { json: true }, surroundings);
    const { config, origins } = JSON.parse(stdout);
    expect(config.drain.graceMs).toBe(5000);
    expect(origins).toMatchObject({
      'scheduling.policy': '--policy',
      'drain.graceMs': 'BATON_DRAIN_GRACE_MS',
      'drain.quietMs': 'default',
      'pool.endpoints': 'baton.yaml:2:3',
    });
  });

  it.each([{}, { json: true }])('shows passwords as stars (%j)', (options) => {
    const flags = { set: ['telemetry.otlpEndpoint=http://me:s3cret@127.0.0.1:4318'] };
    const { stdout } = show(flags, options, surroundings);
    expect(stdout).not.toContain('s3cret');
    expect(stdout).toMatch(/"?password"?: "\*\*\*"/);
    expect(stdout).toContain('http://***@127.0.0.1:4318');
  });

  it('prints what it would take as a file', () => {
    const first = show({ endpoint: ['a:1', '[::1]:2'], set: ['pool.file=p.yaml'] }, {}, surroundingsOf());
    const again = show(
      { config: 'again.yaml' },
      {},
      surroundingsOf({ files: { 'again.yaml': first.stdout } }),
    );
    expect(again.exitCode).toBe(0);
    expect(parse(again.stdout)).toEqual(parse(first.stdout));
  });

  it('answers 78 and nothing else to a configuration that is wrong', () => {
    expect(show({ policy: 'best', set: ['a'] }, { json: true }, surroundingsOf())).toEqual({
      exitCode: 78,
      stdout: '',
      stderr:
        'baton: 2 problems in the configuration\n' +
        '  --set: expected setting=value, such as --set drain.graceMs=5000\n' +
        '  --policy: scheduling.policy: "best" given, expected one of random, round-robin, least-request, power-of-two\n',
    });
  });
});

describe('baton check', () => {
  const files = { 'good.yaml': 'pool: { endpoints: [10.0.0.1:80] }', 'bare.yaml': 'pool: {}' };

  it('says that a file is sound, whatever the environment holds', () => {
    const environment = { BATON_DRAIN_GRACE_MS: 'x', BATON_CONFIG: 'bare.yaml' };
    expect(check('good.yaml', {}, surroundingsOf({ files, environment }))).toEqual({
      exitCode: 0,
      stdout: 'good.yaml: ok\n',
      stderr: '',
    });
  });

  it('says that a file names no endpoints, unless a flag does', () => {
    expect(check('bare.yaml', {}, surroundingsOf({ files }))).toMatchObject({
      exitCode: 78,
      stderr: expect.stringContaining('1 problem in the configuration\n  pool: no endpoints'),
    });
    expect(check('bare.yaml', { endpoint: ['a:1'] }, surroundingsOf({ files })).exitCode).toBe(0);
  });
});

describe('the descriptions of the settings', () => {
  it('are one line each, and no two settings share a variable', () => {
    for (const { description } of settings) expect(description).toMatch(/^\S[^\n|]+$/);
    expect(new Set(settings.map(({ environmentName }) => environmentName)).size).toBe(settings.length);
    expect(settings.find(({ path }) => path === 'drain.graceMs')?.environmentName).toBe(
      'BATON_DRAIN_GRACE_MS',
    );
    expect(settings.find(({ path }) => path === 'etcd.tls.caFile')?.environmentName).toBe(
      'BATON_ETCD_TLS_CA_FILE',
    );
  });

  it('are in the help and the table, with the defaults', () => {
    for (const { path } of settings) {
      expect(settingsHelp()).toContain(`  ${path} `);
      expect(configTable()).toContain(`| \`${path}\` |`);
    }
    expect(configTable()).toContain('| `drain.graceMs` | `30000` | Accepted requests');
    expect(show({}, { markdownTable: true }, surroundingsOf()).stdout).toBe(`${configTable()}\n`);
  });

  it('are current in docs/config.schema.json (npm run baton -- config --schema)', () => {
    expect(JSON.parse(checkoutFile('docs/config.schema.json'))).toEqual(jsonSchema());
    expect(JSON.parse(show({}, { schema: true }, surroundingsOf()).stdout)).toEqual(jsonSchema());
  });

  it('are current in docs/configuration.md (npm run generate)', () => {
    const [, between] = checkoutFile('docs/configuration.md').split(/<!-- config:(?:begin|end) -->/);
    expect(between?.trim()).toBe(configTable());
  });
});
