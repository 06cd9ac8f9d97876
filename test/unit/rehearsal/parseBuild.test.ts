import { parseBuild } from '../../../tools/rehearsal/parseBuild.ts';

describe('a value of --from or --to', () => {
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
    ['repeated spaces', '  run \t {config} ', ['run', '{config}']],
  ])('%s', (_, text, expected) => {
    expect(parseBuild(text)).toEqual(
      Array.isArray(expected) ? { kind: 'command', words: expected } : expected,
    );
  });

  it.each([
    ['nothing', '', /empty/],
    ['a command without {config}', 'node main.ts serve', /\{config\}/],
    ['an open quote', `run '{config}`, /quote/],
  ])('is refused when it is %s', (_, text, reason) => {
    expect(parseBuild(text)).toEqual({ kind: 'invalid', reason: expect.stringMatching(reason) });
  });
});
