import { parseRegistration, type RegisterFlags } from '../../../src/pool/registration.ts';

describe('when the flags are valid', () => {
  it('parses all of them', () => {
    const read = parseRegistration({
      address: '[2001:DB8::0:1]:8000',
      weight: '2.5',
      label: ['gpu=h100', 'note=a=b', 'empty='],
      model: ['m'],
      slots: '8',
      health: 'http://127.0.0.1:8000/health?deep=1',
    });
    expect(read).toEqual({
      kind: 'registration',
      registration: {
        endpoint: {
          address: '[2001:db8::1]:8000',
          weight: 2.5,
          labels: { gpu: 'h100', note: 'a=b', empty: '' },
          models: ['m'],
          slots: 8,
        },
        health: new URL('http://127.0.0.1:8000/health?deep=1'),
      },
    });
  });

  it('needs only an address', () => {
    const endpoint = { address: '10.0.0.1:80', weight: 1, labels: {}, models: [] };
    const registration = { endpoint, health: undefined };
    expect(parseRegistration({ address: '10.0.0.1:80' })).toEqual({ kind: 'registration', registration });
  });
});

describe('when flags are wrong', () => {
  it.each<[string, Partial<RegisterFlags>, string, string]>([
    ['no port', { address: '10.0.0.1' }, '--address', 'it has no port'],
    ['a host name', { address: 'pod:80' }, '--address', 'ip:port'],
    ['a weight in words', { weight: 'two' }, '--weight', 'a number from 0.01 to 100'],
    ['an empty weight', { weight: '' }, '--weight', 'a number from 0.01 to 100'],
    ['no slots', { slots: '0' }, '--slots', 'a whole number, at least 1'],
    ['a label without a value', { label: ['gpu'] }, '--label', 'key=value'],
    ['a label without a key', { label: ['=h100'] }, '--label', 'key=value'],
    ['an empty model', { model: [''] }, '--model', 'the name of a model'],
    ['a health path', { health: '/health' }, '--health', 'a URL like'],
    ['a health URL of another kind', { health: 'https://127.0.0.1/' }, '--health', 'a URL like'],
  ])('names the flag and what it expects: %s', (_situation, flags, path, expected) => {
    expect(parseRegistration({ address: '10.0.0.1:80', ...flags })).toMatchObject({
      kind: 'problems',
      problems: [{ path, expected: expect.stringContaining(expected) }],
    });
  });
});
