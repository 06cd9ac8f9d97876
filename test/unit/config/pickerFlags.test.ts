import { load } from '../../../src/config/load.ts';
import { pickerDefaults } from '../../../src/config/pickerDefaults.ts';
import { withPickerCommand } from '../../../src/config/pickerFlagNames.ts';
import { readPickerFlags } from '../../../src/config/pickerFlags.ts';
import { processEnvOf } from './processEnvOf.ts';

/** The configuration of `baton epp` with these arguments. */
function configOf(args: readonly string[], environment: Record<string, string> = {}, set: string[] = []) {
  const flags = readPickerFlags(args);
  const loaded = load({ set }, processEnvOf({ environment }), 'nothing', { defaults: pickerDefaults, flags });
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  return { ...loaded.config, ...flags };
}

describe('the command line of an endpoint picker', () => {
  it('of a chart for an InferencePool', () => {
    const chart = [
      ...[
        '--pool-name',
        'llama',
        '--pool-namespace',
        'models',
        '--pool-group',
        'inference.networking.k8s.io',
      ],
      ...['--zap-encoder', 'json', '--config-file', '/config/default-plugins.yaml'],
      ...['--ha-enable-leader-election', '--grpc-health-port', '9013', '--v=4'],
      ...['--tracing=false', '--metrics-endpoint-auth=false'],
    ];
    const { server, admin, gateway, pool, telemetry, ignored, unknown } = configOf(chart);
    expect(pool.kubernetes).toMatchObject({ inferencePool: 'llama', namespace: 'models' });
    expect(server).toMatchObject({
      address: '[::]:9002',
      healthAddress: '[::]:9013',
      tls: { selfSigned: true, alpn: 'optional' },
    });
    expect(admin.address).toBe('[::]:9090');
    expect(gateway).toMatchObject({ alternates: 0, clearRouteCache: true, fullDuplex: 'assumed' });
    expect(telemetry.logLevel).toBe('debug');
    expect(readPickerFlags(chart).plugins).toEqual({ file: '/config/default-plugins.yaml' });
    expect(ignored).toEqual([]);
    expect(unknown).toEqual([]);
  });

  it('of a chart without an InferencePool', () => {
    const { server, admin, pool, drain } = configOf([
      ...['--endpoint-selector', 'app=vllm,env=prod', '--endpoint-target-ports', '3000,3001'],
      ...['--secure-serving=false', '--grpc-port=9100', '--metrics-port', '9191', '--drain-timeout=1m30s'],
    ]);
    expect(pool.kubernetes).toMatchObject({ selector: 'app=vllm,env=prod', ports: [3000, 3001] });
    expect(server).toMatchObject({ address: '[::]:9100', tls: { selfSigned: false } });
    expect(admin.address).toBe('[::]:9191');
    expect(drain.graceMs).toBe(90_000);
  });

  it('a certificate takes the place of a self-signed one', () => {
    expect(configOf(['--cert-path', '/certs']).server.tls).toMatchObject({
      certFile: '/certs/tls.crt',
      keyFile: '/certs/tls.key',
      selfSigned: false,
    });
    expect(configOf(['--cert-path', '/certs', '--secure-serving=false']).server.tls).toEqual(
      expect.not.objectContaining({ certFile: '/certs/tls.crt' }),
    );
  });

  it('the environment overrides the defaults, flags override it, and --set overrides both', () => {
    const environment = { BATON_SERVER_ADDRESS: '10.0.0.1:9002', BATON_GATEWAY_ALTERNATES: '1' };
    expect(configOf([], environment).server.address).toBe('10.0.0.1:9002');
    expect(configOf([], environment).gateway.alternates).toBe(1);
    const args = ['--grpc-port', '9100'];
    expect(configOf(args, environment).server.address).toBe('[::]:9100');
    expect(configOf(args, environment, ['server.address=127.0.0.1:1']).server.address).toBe('127.0.0.1:1');
  });

  it.each<[string, string[], string[], string[]]>([
    ['an unknown flag', ['--new-flag'], [], ['new-flag']],
    ['with a value', ['--new-flag', 'x', '--grpc-port', '1'], [], ['new-flag']],
    ['with a value behind =', ['--new-flag=x', '-v', '2'], [], ['new-flag']],
    ['what is no flag', ['--enable-pprof', 'x'], [], ['x']],
    ['one without a counterpart', ['--refresh-metrics-interval', '50ms'], ['refresh-metrics-interval'], []],
    ['authentication of metrics', ['--metrics-endpoint-auth'], ['metrics-endpoint-auth'], []],
  ])('%s is told apart', (_what, args, ignored, unknown) => {
    expect(readPickerFlags(args)).toMatchObject({ ignored, unknown });
  });

  it.each([
    ['0', 3_000],
    ['45s', 45_000],
    ['1h', 3_600_000],
    ['500ms', 3_000],
  ])('a drain of %s is one of %d ms', (duration, ms) => {
    expect(configOf(['--drain-timeout', duration]).drain.graceMs).toBe(ms);
  });

  it('a value that is none is a problem of the flag', () => {
    const flags = readPickerFlags(['--grpc-port', 'http']);
    const loaded = load({}, processEnvOf({}), 'nothing', { defaults: pickerDefaults, flags });
    expect(loaded).toMatchObject({
      kind: 'invalid',
      problems: [{ path: 'server.address', origin: { kind: 'flag', name: '--grpc-port' } }],
    });
  });

  it.each([
    [
      ['--pool-name', 'x'],
      ['epp', '--pool-name', 'x'],
    ],
    [
      ['-v', '4', '--pool-name=x'],
      ['epp', '-v', '4', '--pool-name=x'],
    ],
    [
      ['--set', 'a=b', '--pool-name', 'x'],
      ['epp', '--set', 'a=b', '--pool-name', 'x'],
    ],
    [['-v'], ['-v']],
    [['--grpc-port=1'], ['epp', '--grpc-port=1']],
    [
      ['serve', '--pool-name'],
      ['serve', '--pool-name'],
    ],
    [['--version'], ['--version']],
    [['--help'], ['--help']],
    [[], []],
  ])('without a command, %j is %j', (args, expected) => {
    expect(withPickerCommand(args)).toEqual(expected);
  });
});
