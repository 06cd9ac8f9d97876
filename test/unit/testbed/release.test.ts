import { fillIn, readBuild } from '../../../tools/testbed/release.ts';

describe('what --from and --to name', () => {
  it.each([
    ['a label', '1.4.0', { kind: 'label', label: '1.4.0' }],
    [
      'a command',
      'node main.ts serve --config {config}',
      ['node', 'main.ts', 'serve', '--config', '{config}'],
    ],
    [
      'quoted words',
      `'/my dir/run' "it's" --config={config} ''`,
      ['/my dir/run', "it's", '--config={config}', ''],
    ],
    ['much space', '  run \t {config} ', ['run', '{config}']],
  ])('%s', (_, text, expected) => {
    expect(readBuild(text)).toEqual(
      Array.isArray(expected) ? { kind: 'command', words: expected } : expected,
    );
  });

  it.each([
    ['nothing', '', /empty/],
    ['a command that does not say where its configuration goes', 'node main.ts serve', /\{config\}/],
    ['an open quote', `run '{config}`, /quote/],
  ])('is refused when it is %s', (_, text, reason) => {
    expect(readBuild(text)).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) });
  });
});

describe('the placeholders of a command', () => {
  const values = {
    config: '/c.yaml',
    address: '127.0.0.1:1',
    admin: '127.0.0.1:2',
    release: 'r',
    generation: '3',
  };

  it('are filled in wherever they stand, and in one pass', () => {
    const words = ['run', '--c={config}', '{address}/{admin}', '{release}-{generation}'];
    expect(fillIn(words, values)).toEqual(['run', '--c=/c.yaml', '127.0.0.1:1/127.0.0.1:2', 'r-3']);
    expect(fillIn(['{release}'], { ...values, release: '{config}$&' })).toEqual(['{config}$&']);
  });

  it('leaves other braces alone', () => {
    expect(fillIn(['{"a":{x}}'], values)).toEqual(['{"a":{x}}']);
  });
});
