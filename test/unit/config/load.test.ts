import type { ConfigFlags } from '../../../src/config/flags.ts';
import { type Loaded, load } from '../../../src/config/load.ts';
import { formatOrigin, formatProblem } from '../../../src/config/problem.ts';
import type { Config } from '../../../src/config/schema.ts';
import { processEnvOf } from './processEnvOf.ts';

interface Given {
  readonly yaml?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: ConfigFlags;
  readonly files?: Readonly<Record<string, string>>;
  readonly need?: 'endpoints' | 'etcd' | 'nothing';
}

function loadGiven({ yaml, environment = {}, flags = {}, files = {}, need = 'nothing' }: Given): Loaded {
  const allFiles = yaml === undefined ? files : { ...files, 'baton.yaml': yaml };
  const allFlags = yaml === undefined ? flags : { config: 'baton.yaml', ...flags };
  return load(allFlags, processEnvOf({ files: allFiles, environment }), need);
}

function problemsOf(given: Given): string[] {
  const loaded = loadGiven(given);
  return loaded.kind === 'ok' ? [] : loaded.problems.map(formatProblem);
}

function loadValid(given: Given): { config: Config; origin: (path: string) => string } {
  const loaded = loadGiven(given);
  if (loaded.kind === 'invalid') throw new Error(loaded.problems.map(formatProblem).join('\n'));
  return { config: loaded.config, origin: (path) => formatOrigin(loaded.provenance.of(path)) };
}

describe('when nothing is configured', () => {
  it('starts from the documented defaults', () => {
    const { config, origin } = loadValid({});
    expect(config).toMatchObject({
      server: { address: '127.0.0.1:9002', maxMessageBytes: 1_310_720, acceptsCompressed: false },
      instance: { id: 'host-1-abc', release: '9.9.9', generation: 0 },
      pool: {
        name: 'default',
        endpoints: [],
        etcd: false,
        probe: { path: '/health', unhealthyThreshold: 2 },
      },
      scheduling: { policy: 'least-request', unknownPolicy: 'reject' },
      etcd: { endpoints: [], prefix: '/baton/v1', tls: {}, leaseTtlSeconds: 5 },
      drain: { noticeMs: 3000, quietMs: 1000, graceMs: 30_000 },
      admin: { address: '127.0.0.1:9090' },
    });
    expect(origin('drain.graceMs')).toBe('default');
  });

  it('does not serve without an endpoint, nor register without etcd', () => {
    expect(problemsOf({ need: 'endpoints' })).toEqual([
      'pool: no endpoints: give pool.endpoints, pool.file, pool.etcd or pool.kubernetes',
    ]);
    expect(problemsOf({ need: 'etcd' })).toEqual(['etcd.endpoints: no etcd: give etcd.endpoints (--etcd)']);
  });

  it.each<[string, Given]>([
    ['a list', { flags: { endpoint: ['10.0.0.1:80'] } }],
    ['a file', { yaml: 'pool: { file: pods.yaml }' }],
    ['etcd', { flags: { etcd: ['127.0.0.1:2379'], set: ['pool.etcd=true'] } }],
  ])('serves with endpoints from %s', (_, given) => {
    expect(problemsOf({ ...given, need: 'endpoints' })).toEqual([]);
  });
});

describe('when a setting is given more than once', () => {
  const yaml = 'drain:\n  graceMs: 10000\n  quietMs: 10\n  noticeMs: 20\n';

  it('lets the environment win over the file and a flag over both', () => {
    const environment = { BATON_DRAIN_GRACE_MS: '20000', BATON_DRAIN_QUIET_MS: '30' };
    const { config, origin } = loadValid({ yaml, environment, flags: { set: ['drain.graceMs=40000'] } });
    expect(config.drain).toEqual({ graceMs: 40_000, quietMs: 30, noticeMs: 20 });
    expect(['graceMs', 'quietMs', 'noticeMs'].map((name) => origin(`drain.${name}`))).toEqual([
      '--set',
      'BATON_DRAIN_QUIET_MS',
      'baton.yaml:4:3',
    ]);
  });

  it('lets the last --set win', () => {
    const set = ['pool.name=a', 'pool.name=b'];
    expect(loadValid({ flags: { set } }).config.pool.name).toBe('b');
  });

  it('replaces a list as a whole', () => {
    const { config } = loadValid({
      yaml: 'pool:\n  endpoints: [10.0.0.1:80, 10.0.0.2:80]\n',
      environment: { BATON_POOL_ENDPOINTS: '10.0.0.3:80' },
    });
    expect(config.pool.endpoints.map(({ address }) => address)).toEqual(['10.0.0.3:80']);
  });

  it('prefers --config to BATON_CONFIG', () => {
    const files = { 'a.yaml': 'pool: { name: a }', 'b.yaml': 'pool: { name: b }' };
    const environment = { BATON_CONFIG: 'b.yaml' };
    expect(loadValid({ files, environment }).config.pool.name).toBe('b');
    expect(loadValid({ files, environment, flags: { config: 'a.yaml' } }).config.pool.name).toBe('a');
  });
});

describe('when values are texts', () => {
  it('takes an empty variable as one that is not set, whatever its setting', () => {
    const names = [
      ...['BATON_CONFIG', 'BATON_DRAIN_GRACE_MS', 'BATON_POOL_ETCD', 'BATON_POOL_ENDPOINTS'],
      ...['BATON_INSTANCE_ZONE', 'BATON_ETCD_USERNAME', 'BATON_SCHEDULING_POLICY', 'BATON_NO_SUCH_SETTING'],
    ];
    const environment = Object.fromEntries(names.map((name) => [name, '']));
    const yaml = 'instance:\n  zone: z1\npool:\n  endpoints: [10.0.0.1:80]\n';
    const { config, origin } = loadValid({ yaml, environment });
    expect(config).toEqual(loadValid({ yaml }).config);
    expect(origin('instance.zone')).toBe('baton.yaml:2:3');
  });

  it('reads numbers, booleans and lists from the environment', () => {
    const environment = {
      BATON_SYNC_MIN_INTERVAL_MS: '50',
      BATON_POOL_PROBE_ENABLED: 'false',
      BATON_SCHEDULING_DESTINATION_HEADERS: 'Target-Pod, x-pod',
      BATON_ETCD_ENDPOINTS: '',
      BATON_INSTANCE_RELEASE: '1.10',
    };
    const { config } = loadValid({ environment });
    expect(config.sync.minIntervalMs).toBe(50);
    expect(config.pool.probe.enabled).toBe(false);
    expect(config.scheduling.destinationHeaders).toEqual(['target-pod', 'x-pod']);
    expect(config.etcd.endpoints).toEqual([]);
    expect(config.instance.release).toBe('1.10');
  });

  it('knows the named flags', () => {
    const { config, origin } = loadValid({
      flags: {
        address: '127.0.0.1:0',
        admin: 'off',
        etcd: ['127.0.0.1:2379', 'http://[::1]:2379'],
        endpoint: ['10.0.0.1:80', '[2001:DB8::0:1]:80'],
        release: 'v2',
        generation: '2',
        policy: 'random',
        logLevel: 'debug',
      },
    });
    expect(config.server.address).toBe('127.0.0.1:0');
    expect(config.admin.address).toBe('off');
    expect(config.etcd.endpoints).toEqual(['http://127.0.0.1:2379', 'http://[::1]:2379']);
    expect(config.pool.endpoints.map(({ address }) => address)).toEqual(['10.0.0.1:80', '[2001:db8::1]:80']);
    expect(config.instance).toMatchObject({ release: 'v2', generation: 2 });
    expect(config.scheduling.policy).toBe('random');
    expect(config.telemetry.logLevel).toBe('debug');
    expect(origin('telemetry.logLevel')).toBe('--log-level');
  });

  it('ignores the variables that Kubernetes sets for a Service called baton', () => {
    const environment = {
      BATON_SERVICE_HOST: '10.0.0.1',
      BATON_SERVICE_PORT_GRPC: '9002',
      BATON_PORT: 'tcp://10.0.0.1:9002',
      BATON_PORT_50051_TCP_ADDR: '10.0.0.1',
      BATON_ADMIN_PORT_9901_TCP: 'tcp://10.0.0.1:9090',
    };
    expect(problemsOf({ environment })).toEqual([]);
  });
});

describe('when the file is unusual but valid', () => {
  it.each([
    ['empty', ''],
    ['only comments', '# pool:\n'],
    ['a section whose lines are all commented out', 'pool:\n#  name: a\ndrain:\n'],
    ['an alias', 'pool: &p { name: a }\n'],
  ])('takes %s', (_, yaml) => {
    expect(problemsOf({ yaml })).toEqual([]);
  });

  it('takes endpoints with and without their traits', () => {
    const yaml =
      'pool:\n  endpoints:\n    - 10.0.0.1:80\n    - { address: Pod-A:80, weight: 2.5, slots: 8 }\n';
    expect(loadValid({ yaml }).config.pool.endpoints).toEqual([
      { address: '10.0.0.1:80', weight: 1, labels: {}, models: [] },
      { address: 'pod-a:80', weight: 2.5, labels: {}, models: [], slots: 8 },
    ]);
  });
});

describe('when the file cannot be understood', () => {
  it.each<[string, string, string[]]>([
    ['an open list', 'pool: [1\n', ['baton.yaml:2:1: ']],
    ['an open quote', 'pool:\n  name: "a\n', ['baton.yaml:3:1: ']],
    ['a repeated key', 'pool:\n  name: a\n  name: b\n', ['baton.yaml:3:3: ']],
    ['a list instead of settings', '- a\n', ['baton.yaml:1:1: a list given, expected a mapping of settings']],
    [
      'a value instead of a section',
      'pool: 3\n',
      ['baton.yaml:1:7: pool: a value given, expected a mapping of settings'],
    ],
    ['an alias of nothing', 'pool:\n  name: *a\n', ['baton.yaml:2:']],
  ])('points at %s', (_, yaml, expected) => {
    const problems = problemsOf({ yaml });
    expect(problems).toHaveLength(expected.length);
    expected.forEach((start, index) => {
      expect(problems[index]?.slice(0, start.length)).toBe(start);
    });
  });

  it('names a file that is not there', () => {
    expect(problemsOf({ flags: { config: 'no.yaml' } })).toEqual(['--config: cannot read no.yaml: ENOENT']);
    expect(problemsOf({ environment: { BATON_CONFIG: 'no.yaml' } })).toEqual([
      'BATON_CONFIG: cannot read no.yaml: ENOENT',
    ]);
  });

  it('still validates the environment and the flags, without what the file lacks', () => {
    expect(
      problemsOf({
        yaml: 'pool: [',
        environment: { BATON_DRAIN_GRACE_MS: 'long', BATON_POOL_ETCD: 'true', BATON_ETCD_USERNAME: 'u' },
        need: 'endpoints',
      }),
    ).toEqual([
      expect.stringMatching(/^baton\.yaml:1:8: /),
      'BATON_DRAIN_GRACE_MS: drain.graceMs: "long" given, expected a whole number of milliseconds, at least 0',
    ]);
  });
});

describe('when settings are unknown', () => {
  it.each<[string, Given, string]>([
    [
      'a mistyped key',
      { yaml: 'drain:\n  gracMs: 1\n' },
      'baton.yaml:2:3: drain.gracMs: unknown setting; did you mean drain.graceMs?',
    ],
    [
      'a mistyped section',
      { yaml: 'dain: {}\n' },
      'baton.yaml:1:1: dain: unknown setting; did you mean drain?',
    ],
    [
      'a key without its section',
      { yaml: 'graceMs: 1\n' },
      'baton.yaml:1:1: graceMs: unknown setting; did you mean drain.graceMs?',
    ],
    ['a key like no other', { yaml: 'xylophone: 1\n' }, 'baton.yaml:1:1: xylophone: unknown setting'],
    ['a prototype', { yaml: '__proto__: { polluted: 1 }\n' }, 'baton.yaml:1:1: __proto__: unknown setting'],
    [
      'a mistyped endpoint trait',
      { yaml: 'pool:\n  endpoints:\n    - address: a:1\n      wight: 2\n' },
      'baton.yaml:4:7: pool.endpoints.0.wight: unknown key; did you mean weight?',
    ],
    [
      'a variable',
      { environment: { BATON_DRAIN_GRACEMS: '1' } },
      'BATON_DRAIN_GRACEMS: unknown variable; did you mean BATON_DRAIN_GRACE_MS?',
    ],
    ['a variable like no other', { environment: { BATON_XYZZY: '80' } }, 'BATON_XYZZY: unknown variable'],
    [
      'a --set',
      { flags: { set: ['drain.graceMS=1'] } },
      '--set: drain.graceMS: unknown setting; did you mean drain.graceMs?',
    ],
    [
      'a --set of a section',
      { flags: { set: ['sync=1'] } },
      '--set: sync: a group of settings; name one of sync.minIntervalMs, sync.writesPerSecond, sync.prefixBytesPerSecond, sync.staleDecayMs',
    ],
    [
      'a --set without a value',
      { flags: { set: ['sync'] } },
      '--set: expected setting=value, such as --set drain.graceMs=5000',
    ],
  ])('reports %s', (_, given, expected) => {
    expect(problemsOf(given)).toEqual([expected]);
  });
});

describe('when a value has the wrong form', () => {
  const ms = 'a whole number of milliseconds, at least 0';
  const forms = 'write it like 10.0.0.1:8000, [2001:db8::1]:8000 or pod-a:8000';
  it.each<[string, string, string]>([
    ['server', 'address: "9002"', 'server.address: "9002" given, expected host:port, such as 127.0.0.1:9002'],
    [
      'server',
      'address: 127.0.0.1:70000',
      'server.address: "127.0.0.1:70000" given, expected host:port, such as 127.0.0.1:9002',
    ],
    ['server', 'address: off', 'server.address: "off" given, expected host:port, such as 127.0.0.1:9002'],
    ['server', 'transport: http2', 'server.transport: "http2" given, expected one of builtin, grpc-js'],
    [
      'admin',
      'address: none',
      'admin.address: "none" given, expected host:port, such as 127.0.0.1:9002, or off',
    ],
    [
      'instance',
      'release: 1.1',
      'instance.release: 1.1 given, expected text (in quotes if it looks like a number)',
    ],
    ['instance', 'generation: -1', 'instance.generation: -1 given, expected a whole number, at least 0'],
    [
      'instance',
      'id: a/b',
      'instance.id: "a/b" given, expected a name of at most 253 letters, digits, ".", "_" and "-" (in quotes if it looks like a number)',
    ],
    ['drain', 'graceMs: 30s', `drain.graceMs: "30s" given, expected ${ms}`],
    ['drain', 'graceMs: 3000.5', `drain.graceMs: 3000.5 given, expected ${ms}`],
    ['drain', 'graceMs: 3000000000', `drain.graceMs: 3000000000 given, expected ${ms}`],
    ['drain', 'graceMs:', `drain.graceMs: nothing given, expected ${ms}`],
    ['drain', 'graceMs: 100', 'drain.graceMs: 100 given, expected at least drain.noticeMs, which is 3000'],
    [
      'limits',
      'bufferBytes: 5000000',
      'limits.bufferBytes: 5000000 given, expected at least four times server.maxMessageBytes, which is 1310720',
    ],
    [
      'scheduling',
      'policy: fastest',
      'scheduling.policy: "fastest" given, expected one of random, round-robin, least-request, power-of-two, session-affinity, lora-affinity, prefix, auto, or a mix of least-request, power-of-two, session-affinity, lora-affinity, prefix such as session-affinity:2,least-request:1, or vendor/name of an extension',
    ],
    [
      'scheduling',
      'allowRequestPolicy: yes',
      'scheduling.allowRequestPolicy: "yes" given, expected true or false',
    ],
    [
      'scheduling',
      'destinationHeaders: [a b]',
      'scheduling.destinationHeaders.0: "a b" given, expected an HTTP header name',
    ],
    [
      'pool',
      'name: ""',
      'pool.name: "" given, expected a name of at most 253 letters, digits, ".", "_" and "-" (in quotes if it looks like a number)',
    ],
    ['pool', 'endpoints: 10.0.0.1:80', 'pool.endpoints: "10.0.0.1:80" given, expected a list of endpoints'],
    [
      'pool',
      'endpoints: [10.0.0.1]',
      `pool.endpoints.0: "10.0.0.1" is not an endpoint address: it has no port; ${forms}`,
    ],
    [
      'pool',
      'endpoints: [7]',
      'pool.endpoints.0: 7 given, expected an endpoint address, or a mapping with address, weight, labels, models and slots',
    ],
    [
      'pool',
      'endpoints: [{}]',
      'pool.endpoints.0.address: nothing given, expected an address like 10.0.0.1:8000, [2001:db8::1]:8000 or pod-a:8000',
    ],
    [
      'pool',
      'endpoints: [{ address: a:1, weight: 0 }]',
      'pool.endpoints.0.weight: 0 given, expected a number from 0.01 to 100',
    ],
    [
      'pool',
      'endpoints: ["[::1]:80", "[0:0::1]:80"]',
      'pool.endpoints.1: [::1]:80 is listed already, as pool.endpoints.0',
    ],
    [
      'pool',
      'endpoints: [A:80, { address: a:80 }]',
      'pool.endpoints.1: a:80 is listed already, as pool.endpoints.0',
    ],
    ['pool', 'etcd: true', 'pool.etcd: needs etcd.endpoints'],
    [
      'pool',
      'probe: { path: health }',
      'pool.probe.path: "health" given, expected a path that begins with "/"',
    ],
    [
      'etcd',
      'endpoints: [ftp://a:1]',
      'etcd.endpoints.0: "ftp://a:1" given, expected http://host:port or https://host:port (host:port is short for http://host:port)',
    ],
    ['etcd', 'endpoints: [http://a:1, https://b:1]', 'etcd.endpoints: all must be http:// or all https://'],
    [
      'etcd',
      'prefix: baton',
      'etcd.prefix: "baton" given, expected a key prefix that begins with "/" and does not end with one',
    ],
    ['etcd', 'username: u', 'etcd.username: needs etcd.password or etcd.passwordFile'],
    ['etcd', 'password: p', 'etcd.password: needs etcd.username'],
    ['etcd', 'tls: { caFile: a, certFile: b }', 'etcd.tls.certFile: needs etcd.tls.keyFile'],
    ['etcd', 'tls: { caFile: a, keyFile: b }', 'etcd.tls.keyFile: needs etcd.tls.certFile'],
    ['etcd', 'tls: { certFile: a, keyFile: b }', 'etcd.tls.certFile: needs etcd.tls.caFile'],
    ['server', 'tls: { certFile: a }', 'server.tls.certFile: needs server.tls.keyFile'],
    ['server', 'tls: { keyFile: a }', 'server.tls.keyFile: needs server.tls.certFile'],
    ['server', 'tls: { clientCaFile: a }', 'server.tls.clientCaFile: needs server.tls.certFile'],
    [
      'server',
      'tls: { selfSigned: true, certFile: a, keyFile: b }',
      'server.tls.selfSigned: server.tls.certFile is given too: give one of them',
    ],
    ['server', 'tls: { clientNames: [a] }', 'server.tls.clientNames: needs server.tls.clientCaFile'],
    ['limits', 'maxStreams: 0', 'limits.maxStreams: 0 given, expected a whole number, at least 1'],
    [
      'telemetry',
      'otlpEndpoint: a:4317',
      'telemetry.otlpEndpoint: "a:4317" given, expected a URL that begins with http:// or https://',
    ],
  ])('names what %s %s must be', (section, line, expected) => {
    const problems = problemsOf({ yaml: `${section}:\n  ${line}\n` });
    expect(problems.map((problem) => problem.replace(/^baton\.yaml:2:\d+: /, ''))).toEqual([expected]);
  });

  it('names every problem of every source at once', () => {
    const problems = problemsOf({
      yaml: 'server:\n  address: x\ndrain:\n  graceMs: 1\n  foo: 1\npool:\n  endpoints: [a:1, b, a:1]\n',
      environment: { BATON_SYNC_STALE_DECAY_MS: 'x', BATON_NOPE: '1' },
      flags: { policy: 'best' },
    });
    expect(problems.map((problem) => problem.split(': ')[0])).toEqual([
      'baton.yaml:5:3',
      'BATON_NOPE',
      'baton.yaml:2:3',
      'baton.yaml:7:20',
      'baton.yaml:7:23',
      '--policy',
      'BATON_SYNC_STALE_DECAY_MS',
      'baton.yaml:4:3',
    ]);
  });
});

describe('when the reference server is to run', () => {
  const grpcJs = { yaml: 'server: { transport: grpc-js }\n' };

  it('wants responses that are not left, whose ends it sends too late', () => {
    const problem =
      'gateway.responses: needs server.transport builtin; with grpc-js set gateway.responses to count';
    expect(problemsOf(grpcJs)).toEqual([problem]);
  });

  it('finds nothing wrong where they are counted', () => {
    const environment = { BATON_GATEWAY_RESPONSES: 'count' };
    expect(loadValid({ ...grpcJs, environment }).config.server.transport).toBe('grpc-js');
  });
});

describe('when several workers are to share the port', () => {
  it('reports everything that is missing', () => {
    const yaml = [
      'server: { workers: 3, transport: grpc-js }',
      'admin: { address: 127.0.0.1:65534 }',
      'pool: { endpoints: [1.2.3.4:80] }',
      'gateway: { responses: count }',
    ].join('\n');
    expect(problemsOf({ yaml })).toEqual([
      "baton.yaml:1:11: server.workers: needs etcd.endpoints: without a shared view the workers do not see each other's requests",
      'baton.yaml:1:11: server.workers: needs server.transport builtin',
      'baton.yaml:2:10: admin.address: no room above it for the ports of 3 workers',
    ]);
  });

  it('finds nothing wrong where they share etcd', () => {
    const yaml = 'etcd: { endpoints: ["http://127.0.0.1:2379"] }\npool: { endpoints: [1.2.3.4:80] }\n';
    expect(loadValid({ yaml, flags: { workers: '2' } }).config.server.workers).toBe(2);
  });
});

describe('when there is a password', () => {
  it('takes the first line of its file', () => {
    const yaml = 'etcd: { username: u, passwordFile: secret.txt }';
    const { config, origin } = loadValid({ yaml, files: { 'secret.txt': 'tops3cret\n' } });
    expect(config.etcd.password).toBe('tops3cret');
    expect(origin('etcd.password')).toBe('baton.yaml:1:22');
  });

  it.each([
    ['is not there', {}, 'cannot read secret.txt: ENOENT'],
    ['is empty', { 'secret.txt': '\n' }, 'secret.txt has no first line'],
  ])('reports when its file %s', (_, files, message) => {
    const environment = { BATON_ETCD_USERNAME: 'u', BATON_ETCD_PASSWORD_FILE: 'secret.txt' };
    expect(problemsOf({ environment, files })).toEqual([
      `BATON_ETCD_PASSWORD_FILE: etcd.passwordFile: ${message}`,
    ]);
  });

  it.each<[string, Given]>([
    ['of the wrong form', { yaml: 'etcd:\n  username: u\n  password: 73573\n' }],
    ['in a broken file', { yaml: 'etcd:\n  username: u\n  password: "73573\n' }],
    ['under a mistyped key', { yaml: 'etcd:\n  pasword: "73573"\n' }],
    ['in a mistyped variable', { environment: { BATON_ETCD_PASWORD: '73573' } }],
    ['inside a URL without a scheme', { flags: { etcd: ['root:73573@127.0.0.1:2379'] } }],
    ['inside a URL', { flags: { etcd: ['http://root:73573@127.0.0.1:2379'] } }],
    ['under the wrong section', { yaml: 'sync: [password: "73573"]\n' }],
    ['given twice', { yaml: 'etcd: { username: u, password: "73573", passwordFile: f }\n' }],
  ])('never shows one %s', (_, given) => {
    const problems = problemsOf(given);
    expect(problems).not.toEqual([]);
    expect(problems.join('\n')).not.toContain('73573');
  });
});
