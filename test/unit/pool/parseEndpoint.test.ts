import { invalidEndpoints } from '../../../src/pool/endpointProblems.ts';
import { parseEndpoints } from '../../../src/pool/parseEndpoint.ts';

describe('when the list is valid', () => {
  it('reads addresses and mappings', () => {
    const full = { address: 'Pod-A:80', weight: 2.5, labels: { gpu: 'h100' }, models: ['m'], slots: 8 };
    expect(parseEndpoints(['[2001:DB8::0:1]:80', { address: '10.0.0.1:80' }, full])).toEqual({
      problems: [],
      endpoints: [
        { place: { kind: 'ip', address: '[2001:db8::1]:80' }, traits: { weight: 1, labels: {}, models: [] } },
        { place: { kind: 'ip', address: '10.0.0.1:80' }, traits: { weight: 1, labels: {}, models: [] } },
        {
          place: { kind: 'host', host: 'pod-a', port: 80 },
          traits: { weight: 2.5, labels: { gpu: 'h100' }, models: ['m'], slots: 8 },
        },
      ],
    });
  });
});

describe('when something is wrong', () => {
  const address = '10.0.0.1:80';
  it.each([
    ['no list', { a: 1 }, 'endpoints', 'a list'],
    ['no list at all', undefined, 'endpoints', 'a list'],
    ['a number', [80], 'endpoints[0]', 'an endpoint address, or a mapping'],
    ['a null', [null], 'endpoints[0]', 'an endpoint address, or a mapping'],
    ['a nested list', [[address]], 'endpoints[0]', 'an endpoint address, or a mapping'],
    ['a bad address', ['10.0.0.1'], 'endpoints[0]', 'it has no port'],
    ['a bad address in a mapping', [{ address: '10.0.0.1' }], 'endpoints[0].address', 'it has no port'],
    ['no address', [{ weight: 1 }], 'endpoints[0].address', 'an address like'],
    ['a weight of zero', [{ address, weight: 0 }], 'endpoints[0].weight', 'a number from 0.01 to 100'],
    ['a negative weight', [{ address, weight: -1 }], 'endpoints[0].weight', 'a number from 0.01 to 100'],
    [
      'an infinite weight',
      [{ address, weight: Number.POSITIVE_INFINITY }],
      'endpoints[0].weight',
      'a number from 0.01 to 100',
    ],
    ['a weight in words', [{ address, weight: '2' }], 'endpoints[0].weight', 'a number from 0.01 to 100'],
    ['half a slot', [{ address, slots: 0.5 }], 'endpoints[0].slots', 'a whole number, at least 1'],
    ['labels that are no text', [{ address, labels: { a: 1 } }], 'endpoints[0].labels.a', 'text (in quotes'],
    ['one model', [{ address, models: 'm' }], 'endpoints[0].models', 'a list of model names'],
    ['an empty model name', [{ address, models: [''] }], 'endpoints[0].models[0]', 'the name of a model'],
    ['an unknown key', [{ address, wieght: 2 }], 'endpoints[0].wieght', 'no key but address, weight'],
    ['a duplicate', [address, { address }], 'endpoints[1]', 'an address that endpoints[0] does not name'],
    ['a duplicate in another form', ['[::1]:80', '[0::1]:080'], 'endpoints[1]', 'endpoints[0] does not name'],
    ['a duplicate host', ['pod-a:80', 'POD-A:80'], 'endpoints[1]', 'endpoints[0] does not name'],
  ])('names the path of %s and what is expected', (_situation, list, path, expected) => {
    expect(parseEndpoints(list).problems).toMatchObject([
      { path, expected: expect.stringContaining(expected) },
    ]);
  });

  it('lists all problems at once', () => {
    const { problems } = parseEndpoints([{ address: 'x', weight: 0, slots: 0, typo: 1 }, 'y']);
    expect(problems.map(({ path }) => path)).toEqual([
      'endpoints[0].address',
      'endpoints[0].weight',
      'endpoints[0].slots',
      'endpoints[0].typo',
      'endpoints[1]',
    ]);
  });

  it('formats paths and values in one message, and not all of a hundred', () => {
    const { problems } = parseEndpoints(Array.from({ length: 100 }, () => 'x'.repeat(1000)));
    const { message } = invalidEndpoints('file pods.yaml', problems);
    expect(message).toContain(
      'file pods.yaml cannot be used: endpoints[0]: expected an address like 10.0.0.1:8000',
    );
    expect(message).toContain('not "xxx');
    expect(message).toMatch(/; and 95 more$/);
    expect(message.length).toBeLessThan(1500);
  });
});
