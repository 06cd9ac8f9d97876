import fc from 'fast-check';
import { load } from '../../src/config/load.ts';
import { formatEndpointProblems } from '../../src/pool/endpointProblems.ts';
import { readEndpointList } from '../../src/pool/readEndpointList.ts';
import { fuzzEffort } from '../support/fuzzEffort.ts';
import { processEnvOf } from '../unit/config/processEnvOf.ts';

/**
 * The readers of YAML and JSON files with texts that are nearly right: each gives a valid result or
 * a list of problems for people. Nothing is thrown, and nothing expands without end.
 */
const { runs, timeoutMs } = fuzzEffort(50, 3);

const configuration = `
server: { address: 127.0.0.1:9002 }
etcd: &etcd
  endpoints: [http://10.0.0.5:2379, "http://10.0.0.6:2379"]
  leaseTtlSeconds: 5
pool:
  etcd: true
  allow: [10.0.0.0/8:8000]
  endpoints:
    - 10.0.0.1:8000
    - &pod { address: "[2001:db8::1]:8000", weight: 2, labels: { zone: a }, models: [m], slots: 8 }
    - { <<: *pod, address: pod-b:8000 }
  probe: { path: /health, intervalMs: 500 }
scheduling: { policy: least-request, modelHeaders: [x-model] }
telemetry:
  logLevel: info # the usual
`;
const endpointFile = `
endpoints:
  - 10.0.0.1:8000
  - &pod { address: "[2001:db8::1]:8000", weight: 0.5, labels: { zone: a }, models: [m] }
  - { <<: *pod, address: 10.0.0.3:8000 }
`;
const json = JSON.stringify({ endpoints: ['10.0.0.1:8000', { address: '10.0.0.2:80', weight: 2 }] });

/** What has a meaning in YAML, or is one of JavaScript's own names. */
const tokens = [
  ...['[', ']', '{', '}', ': ', '- ', ', ', '? ', '\n', '\n  ', '\t', '#', '---\n', '...\n', '%YAML 1.1\n'],
  ...[
    '&pod ',
    '*pod',
    '*none',
    '<<: *pod',
    '<<: ',
    '<<: [*pod, *etcd]',
    '&etcd ',
    '!!binary ',
    '!!set ',
    '!!omap ',
  ],
  ...[
    '!<x> ',
    '| ',
    '>-\n',
    '"',
    "'",
    '\\x',
    '~',
    'null',
    'true',
    '.inf',
    '-.nan',
    '1e999',
    '0o7',
    '9007199254740993',
  ],
  ...[
    '__proto__: ',
    'constructor: ',
    'toString',
    '\u0000',
    '\u001b[2J',
    '\ufeff',
    '\u{10ffff}',
    '\ud800',
    '=',
    '<<',
  ],
  ...['['.repeat(300), '{a: '.repeat(200), '- '.repeat(300), '&a [*a]', '? ? ? '],
];
const change = fc.record({
  at: fc.nat(),
  remove: fc.nat(12),
  insert: fc.oneof(fc.constantFrom(...tokens), fc.string({ maxLength: 4 })),
  /** Takes this part of the text in its place. */
  copy: fc.option(fc.tuple(fc.nat(), fc.nat(40))),
});

/** A text with some parts replaced. */
const nearly = (original: string) =>
  fc.array(change, { maxLength: 5 }).map((changes) =>
    changes.reduce((text, { at, remove, insert, copy }) => {
      const index = text.length === 0 ? 0 : at % text.length;
      const instead = copy === null ? insert : text.slice(copy[0] % (text.length + 1)).slice(0, copy[1]);
      return text.slice(0, index) + instead + text.slice(index + remove);
    }, original),
  );

describe('a text that is nearly right', () => {
  it(
    'as the configuration: valid, or each problem has a message',
    () =>
      fc.assert(
        fc.property(nearly(configuration), (text) => {
          const loaded = load(
            { config: 'baton.yaml' },
            processEnvOf({ files: { 'baton.yaml': text } }),
            'nothing',
          );
          if (loaded.kind === 'ok') {
            // What is in force can be shown.
            expect(JSON.stringify(loaded.config)).toContain('"server"');
            return;
          }
          expect(loaded.problems.length).toBeGreaterThan(0);
          for (const { message } of loaded.problems) expect(message).toMatch(/\S/);
        }),
        runs,
      ),
    timeoutMs,
  );

  it.each([
    ['YAML', endpointFile],
    ['JSON', json],
  ])(
    'as a file of endpoints in %s: each endpoint is within its bounds, or the problems say why not',
    (_, original) =>
      fc.assert(
        fc.property(nearly(original), (text) => {
          const { endpoints, problems } = readEndpointList(text);
          expect(formatEndpointProblems(problems).length).toBeLessThan(10_000);
          if (problems.length > 0) return;
          for (const { traits } of endpoints) {
            expect(traits.weight).toBeGreaterThanOrEqual(0.01);
            expect(traits.weight).toBeLessThanOrEqual(100);
            expect(Object.getPrototypeOf(traits.labels)).toBe(Object.prototype);
          }
        }),
        runs,
      ),
    timeoutMs,
  );
});

describe('a text that is meant to break the reader', () => {
  const deep = (open: string, depth: number) => open.repeat(depth);

  it.each([
    ['lists', (depth: number) => deep('[', depth) + deep(']', depth)],
    ['mappings', (depth: number) => deep('{a: ', depth) + deep('}', depth)],
    [
      'indented mappings',
      (depth: number) => Array.from({ length: depth }, (_, nth) => `${' '.repeat(nth)}a:\n`).join(''),
    ],
    ['dashes', (depth: number) => deep('- ', depth)],
    ['keys that are lists', (depth: number) => deep('? [', depth)],
  ])('is refused, however deep it nests: %s', (_, nested) => {
    for (const depth of [10, 400, 3_000]) {
      const text = nested(depth);
      for (const each of [
        text,
        `pool:\n  endpoints: ${text.trimStart()}`,
        `server: { tls: ${text.trimStart()} }`,
      ]) {
        const files = { 'baton.yaml': each };
        expect(load({ config: 'baton.yaml' }, processEnvOf({ files }), 'nothing').kind).toBe('invalid');
      }
      expect(readEndpointList(`endpoints:\n  ${text.trimStart()}`).problems.length).toBeGreaterThan(0);
    }
  });

  it('is refused when its aliases expand without end, or to more than a large file has', () => {
    const bomb = ['a: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level += 1)
      bomb.push(
        `b${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      );
    for (const text of [bomb.join('\n'), 'endpoints: &a [*a]', 'endpoints: &a { b: { c: *a } }'])
      expect(readEndpointList(text).problems.length).toBe(1);
  });
});
