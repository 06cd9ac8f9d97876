import { readFileSync } from 'node:fs';
import { printConfig } from '../../../src/cli/config.ts';
import { jsonSchema } from '../../../src/config/jsonSchema.ts';
import { settings } from '../../../src/config/settings.ts';
import { configTable, settingsHelp } from '../../../src/config/table.ts';
import { processEnvOf } from './processEnvOf.ts';

const checkoutFile = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

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

  it('are in the help and the table, with the defaults', async () => {
    for (const { path } of settings) {
      expect(settingsHelp()).toContain(`  ${path} `);
      expect(configTable()).toContain(`| \`${path}\` |`);
    }
    expect(configTable()).toContain('| `drain.graceMs` | `30000` | Accepted requests');
    expect(configTable()).toContain('| `scheduling.modelAliases` | `{}` |');
    expect(await printConfig({}, { markdownTable: true }, processEnvOf())).toBe(`${configTable()}\n`);
  });

  it('are current in docs/config.schema.json (npm run baton -- config --schema)', async () => {
    expect(JSON.parse(checkoutFile('docs/config.schema.json'))).toEqual(jsonSchema());
    expect(JSON.parse(await printConfig({}, { schema: true }, processEnvOf()))).toEqual(jsonSchema());
  });

  it('are current in docs/configuration.md (npm run generate)', () => {
    const [, between] = checkoutFile('docs/configuration.md').split(/<!-- config:(?:begin|end) -->/);
    expect(between?.trim()).toBe(configTable());
  });
});
