import { fillPlaceholders } from '../../../tools/testbed/release.ts';

describe('the placeholders of a command', () => {
  const values = {
    config: '/c.yaml',
    address: '127.0.0.1:1',
    admin: '127.0.0.1:2',
    release: 'r',
    generation: '3',
  };

  it('are replaced everywhere, in one pass', () => {
    const words = ['run', '--c={config}', '{address}/{admin}', '{release}-{generation}'];
    expect(fillPlaceholders(words, values)).toEqual(['run', '--c=/c.yaml', '127.0.0.1:1/127.0.0.1:2', 'r-3']);
    expect(fillPlaceholders(['{release}'], { ...values, release: '{config}$&' })).toEqual(['{config}$&']);
  });

  it('does not change other braces', () => {
    expect(fillPlaceholders(['{"a":{x}}'], values)).toEqual(['{"a":{x}}']);
  });
});
