import type { ConfigFlags } from '../../../src/config/flags.ts';
import { load } from '../../../src/config/load.ts';
import { poolConfigs } from '../../../src/config/poolInheritance.ts';
import { configAsYaml } from '../../../src/config/printConfig.ts';
import { formatProblem } from '../../../src/config/problem.ts';
import { processEnvOf } from './processEnvOf.ts';

function loadYaml(yaml: string, flags: ConfigFlags = {}) {
  return load(
    { config: 'baton.yaml', ...flags },
    processEnvOf({ files: { 'baton.yaml': yaml } }),
    'endpoints',
  );
}

function problemsOf(yaml: string, flags?: ConfigFlags): string[] {
  const loaded = loadYaml(yaml, flags);
  return loaded.kind === 'ok' ? [] : loaded.problems.map(formatProblem);
}

function valid(yaml: string, flags?: ConfigFlags) {
  const loaded = loadYaml(yaml, flags);
  if (loaded.kind === 'invalid') throw new Error(loaded.problems.map(formatProblem).join('\n'));
  return loaded;
}

const two = `
pool: { probe: { path: /ready, intervalMs: 500 } }
scheduling: { policy: round-robin, modelHeaders: [x-model], extensions: [./mine.mjs] }
signals: { sampleOneIn: 4 }
pools:
  - name: chat
    matches: [{ authority: Chat.Example }, { header: { name: X-Pool, value: chat } }]
    endpoints: [10.0.0.1:8000]
    probe: { intervalMs: 900 }
    scheduling: { policy: prefix }
    eds: { clusters: [chat-pods] }
  - name: rest
    file: pods.yaml
`;

describe('a configuration with several pools', () => {
  it('gives each pool what it says itself, and the rest from the sections of the process', () => {
    const [chat, rest] = poolConfigs(valid(two).config);
    expect(chat).toMatchObject({
      pool: {
        name: 'chat',
        endpoints: [{ address: '10.0.0.1:8000' }],
        probe: { path: '/ready', intervalMs: 900 },
      },
      matches: [{ authority: 'chat.example' }, { header: { name: 'x-pool', value: 'chat' } }],
      scheduling: { policy: 'prefix', modelHeaders: ['x-model'], extensions: ['./mine.mjs'] },
      signals: { sampleOneIn: 4 },
      eds: { clusters: ['chat-pods'] },
    });
    expect(rest).toMatchObject({
      pool: { name: 'rest', endpoints: [], file: 'pods.yaml', probe: { path: '/ready', intervalMs: 500 } },
      matches: [],
      scheduling: { policy: 'round-robin', extensions: ['./mine.mjs'] },
      eds: { clusters: [] },
    });
  });

  it('is that of one of them with --pool', () => {
    const { config } = valid(two, { pool: 'rest' });
    expect(config).toMatchObject({ pools: [], pool: { name: 'rest', file: 'pods.yaml' } });
    expect(poolConfigs(config)).toHaveLength(1);
    expect(problemsOf(two, { pool: 'other' })).toEqual([
      '--pool: pools: "other" given, expected one of chat, rest',
    ]);
  });

  it('is printed as a file that says the same', () => {
    const { config, provenance } = valid(two);
    const printed = configAsYaml(config, provenance).replace(/instance:\n( {2}.*\n)+/, '');
    expect(valid(printed).config).toMatchObject({ pools: config.pools });
  });

  it.each<[string, string, string[]]>([
    [
      'a setting of one pool beside them',
      'pool: { name: a, file: x.yaml }\npools: [{ name: b, file: y.yaml }]',
      [
        'baton.yaml:1:9: pool.name: pools is given too: give it in an entry of pools',
        'baton.yaml:1:18: pool.file: pools is given too: give it in an entry of pools',
      ],
    ],
    [
      'a pool without endpoints, and one without a name',
      'pools: [{ name: a, matches: [{ authority: a }] }, { file: x.yaml }]',
      [
        'baton.yaml:1:51: pools.1.name: nothing given, expected a name of at most 253 letters, digits, ".", "_" and "-" (in quotes if it looks like a number)',
        'pools.0: no endpoints: give endpoints, file, etcd or kubernetes',
      ],
    ],
    [
      'a pool that takes every request before another',
      'pools: [{ name: a, file: x.yaml }, { name: b, file: y.yaml }]',
      ['baton.yaml:1:9: pools.0: has no matches, so it takes every request: make it the last one'],
    ],
    [
      'two pools of one name, and a cluster of both',
      'pools: [{ name: a, file: x.yaml, matches: [{ authority: a }], eds: { clusters: [b] } }, { name: a, file: y.yaml, matches: [{ authority: b }] }, { name: b, file: z.yaml }]',
      [
        'baton.yaml:1:91: pools.1.name: a is the name of pools.0 already, or of its cluster',
        'baton.yaml:1:147: pools.2.name: b is the name of pools.0 already, or of its cluster',
      ],
    ],
    [
      'a setting that no pool has, and a match without a condition',
      'pools: [{ name: a, endpoint: [x], file: x.yaml, matches: [{}] }]',
      [
        'baton.yaml:1:59: pools.0.matches.0: a mapping given, expected authority, header or metadata',
        'baton.yaml:1:20: pools.0.endpoint: unknown key; did you mean endpoints?',
      ],
    ],
    [
      'endpoints that register without etcd, once where they are inherited',
      'pool: { etcd: true, probe: { intervalMs: 0 } }\npools: [{ name: a }]',
      [
        'baton.yaml:1:30: pool.probe.intervalMs: 0 given, expected a whole number of milliseconds, at least 10',
        'baton.yaml:1:9: pool.etcd: needs etcd.endpoints',
      ],
    ],
  ])('refuses %s', (_, yaml, problems) => {
    expect(problemsOf(yaml).sort()).toEqual([...problems].sort());
  });
});
