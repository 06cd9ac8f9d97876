import {
  type ConformanceFlags,
  conformanceDefaults,
  parseConformanceFlags,
} from '../../../tools/conformance/conformanceOptions.ts';

const known = ['body/pieces', 'body/empty', 'subset/list'];
const read = (flags: Partial<ConformanceFlags>) =>
  parseConformanceFlags({ ...conformanceDefaults, ...flags }, known);

it('reads what it needs, and takes defaults for the rest', () => {
  expect(read({ target: 'picker.test:9002', tls: true, only: ['body'], expect: ['one-address'] })).toEqual({
    kind: 'options',
    options: {
      target: 'picker.test:9002',
      healthTarget: undefined,
      isTls: true,
      mode: 'full-duplex',
      isAnnounced: true,
      endpoints: [],
      expects: new Set(['one-address']),
      model: 'conformance',
      streams: 100,
      timeoutMs: 5000,
      only: ['body'],
      skip: [],
    },
  });
});

it.each<[string, Partial<ConformanceFlags>, string]>([
  ['no target', {}, '--target: expected the host:port of an endpoint picker'],
  ['a target without a port', { target: 'picker.test' }, '--target "picker.test": expected host:port'],
  ['a mode that is none', { mode: 'streamed' }, '--mode "streamed": expected full-duplex, buffered, headers'],
  ['an endpoint that is a name', { endpoint: ['pod-a:8000'] }, '--endpoint "pod-a:8000": expected ip:port'],
  ['a case that is none', { only: ['bod'] }, '--only "bod": no such case or group; --list shows them'],
  ['a feature that is none', { expect: ['tls'] }, '--expect "tls": expected one-address,'],
  ['no streams', { streams: '0' }, '--streams "0": expected a whole number from 1 to 10000'],
])('refuses %s', (_what, flags, problem) => {
  const parsed = read({ ...(_what === 'no target' ? {} : { target: '127.0.0.1:1' }), ...flags });
  const problems = parsed.kind === 'problems' ? parsed.problems : [];
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(problem);
});
