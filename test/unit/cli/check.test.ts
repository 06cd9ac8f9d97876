import { checkFile } from '../../../src/cli/check.ts';
import { processEnvOf } from '../config/processEnvOf.ts';

describe('baton check', () => {
  const files = { 'good.yaml': 'pool: { endpoints: [10.0.0.1:80] }', 'bare.yaml': 'pool: {}' };

  it('accepts a valid file, whatever the environment holds', async () => {
    const environment = { BATON_DRAIN_GRACE_MS: 'x', BATON_CONFIG: 'bare.yaml' };
    const printed = await checkFile('good.yaml', {}, processEnvOf({ files, environment }));
    expect(printed).toBe('good.yaml: ok\n');
  });

  it('warns of labels and models that no request can select by', async () => {
    const unused = `
      pool: { endpoints: [{ address: 10.0.0.1:80, labels: { gpu: l4 }, models: [a] }] }
      scheduling: { modelHeaders: [] }`;
    const printed = await checkFile('unused.yaml', {}, processEnvOf({ files: { 'unused.yaml': unused } }));
    expect(printed.split('\n')).toEqual([
      expect.stringMatching(/^warning: endpoints have labels.*scheduling\.labelHeader/),
      expect.stringMatching(/^warning: all endpoints list the same models.*scheduling\.modelHeaders/),
      'unused.yaml: ok',
      '',
    ]);
  });

  it('rejects a file that names no endpoints, unless a flag does', async () => {
    await expect(checkFile('bare.yaml', {}, processEnvOf({ files }))).rejects.toMatchObject({
      code: 'config-invalid',
      message: '1 problem in the configuration',
      details: [expect.stringContaining('pool: no endpoints')],
    });
    await checkFile('bare.yaml', { endpoint: ['a:1'] }, processEnvOf({ files }));
  });
});
