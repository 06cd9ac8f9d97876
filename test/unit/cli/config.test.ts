import { parse } from 'yaml';
import { printConfig } from '../../../src/cli/config.ts';
import { formatError } from '../../../src/cli/formatError.ts';
import { exitCodeOf } from '../../../src/errors.ts';
import { processEnvOf } from '../config/processEnvOf.ts';

describe('baton config', () => {
  const env = processEnvOf({
    files: { 'baton.yaml': 'pool:\n  endpoints: [10.0.0.1:80]\netcd: { username: u, password: s3cret }\n' },
    environment: { BATON_DRAIN_GRACE_MS: '5000', BATON_CONFIG: 'baton.yaml' },
  });

  it('prints YAML with the origin of every value', async () => {
    const stdout = await printConfig({ policy: 'random' }, {}, env);
    expect(stdout).toContain('  graceMs: 5000 # BATON_DRAIN_GRACE_MS\n');
    expect(stdout).toContain('  quietMs: 1000 # default\n');
    expect(stdout).toContain('  # baton.yaml:2:3\n  endpoints:\n    - address: 10.0.0.1:80\n');
    expect(stdout).toContain('  policy: random # --policy\n');
    expect(stdout).toContain('  # default\n  destinationHeaders: []\n');
  });

  it('prints JSON with the origins by path', async () => {
    const stdout = await printConfig({ policy: 'random' }, { json: true }, env);
    const { config, origins } = JSON.parse(stdout);
    expect(config.drain.graceMs).toBe(5000);
    expect(origins).toMatchObject({
      'scheduling.policy': '--policy',
      'drain.graceMs': 'BATON_DRAIN_GRACE_MS',
      'drain.quietMs': 'default',
      'pool.endpoints': 'baton.yaml:2:3',
    });
  });

  it.each([{}, { json: true }])('shows passwords as stars (%j)', async (options) => {
    const flags = { set: ['telemetry.otlpEndpoint=http://me:s3cret@127.0.0.1:4318'] };
    const stdout = await printConfig(flags, options, env);
    expect(stdout).not.toContain('s3cret');
    expect(stdout).toMatch(/"?password"?: "\*\*\*"/);
    expect(stdout).toContain('http://***@127.0.0.1:4318');
  });

  it('prints what it would accept as a file', async () => {
    const flags = { endpoint: ['a:1', '[::1]:2'], set: ['pool.file=p.yaml'] };
    const first = await printConfig(flags, {}, processEnvOf());
    const files = { 'again.yaml': first };
    expect(parse(await printConfig({ config: 'again.yaml' }, {}, processEnvOf({ files })))).toEqual(
      parse(first),
    );
  });

  it('rejects a configuration that is invalid, with every problem', async () => {
    const printed = printConfig({ policy: 'best', set: ['a'] }, { json: true }, processEnvOf());
    const error = await printed.catch((error: unknown) => error);
    expect(exitCodeOf(error)).toBe(78);
    expect(formatError(error)).toBe(
      'baton: 2 problems in the configuration\n' +
        '  --set: expected setting=value, such as --set drain.graceMs=5000\n' +
        '  --policy: scheduling.policy: "best" given, expected one of random, round-robin, least-request, power-of-two, ' +
        'session-affinity, lora-affinity, prefix, auto, or a mix of least-request, power-of-two, session-affinity, ' +
        'lora-affinity, prefix such as session-affinity:2,least-request:1, or vendor/name of an extension\n',
    );
  });
});
