import {
  parseRehearseFlags,
  type RehearseFlags,
  rehearseDefaults,
} from '../../../tools/rehearsal/rehearseOptions.ts';

const read = (flags: Partial<RehearseFlags>) => parseRehearseFlags({ ...rehearseDefaults, ...flags });
const optionsOf = (flags: Partial<RehearseFlags>) => {
  const result = read(flags);
  if (result.kind === 'problems') throw new Error(result.problems.join('\n'));
  return result.options;
};

describe('the flags of a rehearsal', () => {
  it('have defaults', () => {
    expect(optionsOf({})).toEqual({
      from: { release: 'old' },
      to: { release: 'new' },
      replicas: 3,
      pods: 3,
      clients: 100,
      requestsPerSecond: 10,
      streamSeconds: 5,
      upgrades: 1,
      rollbacks: 0,
      externalEtcd: [],
      externalPods: [],
      reportDir: 'rehearsal-report',
    });
  });

  it('label the release of a command old or new', () => {
    expect(optionsOf({ from: 'run {config}', to: '2.0' })).toMatchObject({
      from: { release: 'old', command: ['run', '{config}'] },
      to: { release: '2.0' },
    });
  });

  it('start no pods beside external ones', () => {
    const given = { pod: ['127.0.0.1:8001', '[::1]:8002'], etcd: ['http://127.0.0.1:2379'] };
    expect(optionsOf(given)).toMatchObject({ pods: 0, externalPods: given.pod, externalEtcd: given.etcd });
  });

  it('hold conversations with --workload', () => {
    expect(optionsOf({ workload: 'agents', forget: true, mostHitsLost: '1.5' }).conversations).toMatchObject({
      workload: { name: 'agents' },
      mostPointsLost: 1.5,
      forget: true,
    });
  });

  it.each<[string, Partial<RehearseFlags>, string]>([
    ['an unknown workload', { workload: 'chat' }, '--workload "chat": expected one of conversations, agents'],
    ['faults without conversations', { faults: true }, '--faults: only with --workload'],
    ['to forget what is not there', { forget: true }, '--forget: only with --workload'],
    ['no upgrade', { times: '0' }, '--times "0": expected a whole number from 1 to 1000'],
    ['a word for a number', { clients: 'many' }, '--clients "many"'],
    ['a part of an instance', { replicas: '2.5' }, '--replicas "2.5"'],
    ['more instances than letters', { replicas: '27' }, '--replicas "27"'],
    ['streams of no length', { streamSeconds: '0' }, '--stream-seconds "0": expected a number above 0'],
    ['a negative rate', { rps: '-1' }, '--rps "-1"'],
    ['more steps back than forth', { rollbacks: '2' }, '--rollbacks 2: there are only 1 upgrades'],
    ['a command without its configuration', { to: 'node main.ts' }, '--to "node main.ts"'],
    ['a pod by name', { pod: ['pod:80'] }, '--pod "pod:80": expected ip:port'],
    ['an etcd without a scheme', { etcd: ['127.0.0.1:2379'] }, '--etcd "127.0.0.1:2379"'],
    ['a gateway that is none', { gateway: 'contour' }, '--gateway "contour": expected istio, llm-d,'],
    [
      'two configurations of Envoy',
      { gateway: 'istio', envoyConfig: 'envoy.yaml' },
      '--gateway and --envoy-config name two',
    ],
    ['no folder', { report: '' }, '--report: expected a folder'],
  ])('refuse %s', (_, flags, problem) => {
    expect(read(flags)).toEqual({ kind: 'problems', problems: [expect.stringContaining(problem)] });
  });

  it('report all problems at once', () => {
    const result = read({ times: 'x', clients: '', from: '' });
    expect(result).toMatchObject({ kind: 'problems', problems: { length: 3 } });
  });
});
