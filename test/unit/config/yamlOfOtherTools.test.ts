import { load } from '../../../src/config/load.ts';
import { formatProblem } from '../../../src/config/problem.ts';
import { parseYaml } from '../../../src/config/yamlDocument.ts';
import { readEndpointList } from '../../../src/pool/readEndpointList.ts';
import { processEnvOf } from './processEnvOf.ts';

/** What other tools write, as a configuration file and as a file of endpoints. */
function configProblems(text: string): string[] {
  const env = processEnvOf({ files: { 'baton.yaml': text }, environment: {} });
  const loaded = load({ config: 'baton.yaml' }, env, 'nothing');
  return loaded.kind === 'ok' ? [] : loaded.problems.map(formatProblem);
}

function endpointProblems(text: string): string[] {
  return readEndpointList(text).problems.map(({ path, expected }) => `${path}: ${expected}`);
}

const shared = Array.from(
  { length: 300 },
  (_, index) => `  - { address: "10.0.${index >> 8}.${index & 255}:80", labels: *labels }\n`,
);
const manyAliases = `endpoints:\n  - { address: "10.1.0.1:80", labels: &labels { zone: a } }\n${shared.join('')}`;
const inPool = (list: string): string => `pool:\n${list.split('\n').join('\n  ').replace(/^/, '  ')}`;

it.each([
  ['an alias that is used 300 times', manyAliases],
  [
    'merge keys within endpoints',
    'endpoints:\n  - &a { address: "10.0.0.1:80", weight: 2 }\n  - { <<: *a, address: "10.0.0.2:80" }\n',
  ],
  ['a document start and end', '---\nendpoints: ["10.0.0.1:80"]\n...\n'],
  ['Windows line ends', 'endpoints:\r\n  - 10.0.0.1:80\r\n'],
  ['an anchor on a key', '&key endpoints: ["10.0.0.1:80"]\n'],
])('reads %s', (_, text) => {
  expect(endpointProblems(text)).toEqual([]);
  const config = /^(---|&)/.test(text) ? text.replace('endpoints', 'pool: {}\n#') : inPool(text);
  expect(configProblems(config)).toEqual([]);
});

it('reads brackets, dashes and question marks that are text, and what is less than 100 levels deep', () => {
  const many = (sign: string) => sign.repeat(300);
  const text = [
    `name: "${many('[')}"`,
    `endpoints: [] # ${many('- ')}`,
    `a: '${many('{')}'`,
    `b: |\n  ${many('? ')}\n  ${many('[')}`,
    `c: x${many('[')}`,
    `d: ${'['.repeat(95)}${']'.repeat(95)}`,
    ...Array.from({ length: 300 }, (_, nth) => `e${nth}: { f: [{ g: 1 }] }`),
  ].join('\n');
  expect(parseYaml(text).kind).toBe('document');
});

it('reads a byte order mark, and merges what a merge key names', () => {
  expect(configProblems('\ufeffpool: { name: a }\n')).toEqual([]);
  const { endpoints } = readEndpointList(
    'endpoints:\n  - &a { address: "10.0.0.1:80", weight: 2 }\n  - { <<: *a, address: "10.0.0.2:80" }\n',
  );
  expect(endpoints.map(({ traits }) => traits.weight)).toEqual([2, 2]);
});

const bomb = [
  '  - &a [x, x, x, x, x, x, x, x, x, x]',
  ...['ab', 'bc', 'cd', 'de', 'ef', 'fg'].map(
    ([from, to]) => `  - &${to} [${Array.from({ length: 10 }, () => `*${from}`).join(', ')}]`,
  ),
].join('\n');

it.each([
  ['an alias without an anchor', 'endpoints:\n  - *nope\n', 2, 5, 'an alias has no anchor before it'],
  ['an alias within itself', 'endpoints: &all\n  - *all\n', 2, 5, 'an alias contains itself'],
  ['aliases that expand without end', `endpoints:\n${bomb}\n`, 7, 37, 'aliases expand to more than'],
  ['a key that is given twice', 'endpoints: []\nendpoints: []\n', 2, 1, 'a key that the mapping has already'],
  ['a tab as indentation', 'endpoints:\n\t- a\n', 2, 1, 'Tabs are not allowed'],
  [
    'lists in keys, without end',
    `endpoints:\n  ${'? ['.repeat(20_000)}`,
    2,
    150,
    'more than 100 levels deep',
  ],
  ['lists in lists, without end', `endpoints: ${'['.repeat(20_000)}`, 1, 110, 'more than 100 levels deep'],
  ['several documents', 'endpoints: []\n---\nendpoints: []\n', 2, 1, 'several documents in one file'],
])('refuses %s with line and column', (_, text, line, column, message) => {
  expect(endpointProblems(text).join()).toContain(message);
  expect(endpointProblems(text).join()).toContain(`at line ${line}, column ${column}`);
  const [problem, ...others] = configProblems(text);
  expect(problem).toContain(`baton.yaml:${line}:${column}: ${message}`);
  expect(others).toEqual([]);
});

it.each([
  [
    'a section',
    'drain: &d\n  graceMs: 5000\nupgrade:\n  <<: *d\n',
    'baton.yaml:4:3: upgrade.<<: a merge key',
  ],
  [
    'something that is no mapping',
    'pool:\n  endpoints:\n    - <<: 3\n',
    'baton.yaml:2:3: pool.endpoints: Merge',
  ],
])('refuses a merge key of %s with a sentence', (_, text, problem) => {
  expect(configProblems(text)).toEqual([expect.stringContaining(problem)]);
});

it('refuses what is nested more deeply than the stack', () => {
  const text = `endpoints: ${'['.repeat(50_000)}`;
  expect(endpointProblems(text).join()).not.toBe('');
  expect(configProblems(text).join()).not.toBe('');
});
