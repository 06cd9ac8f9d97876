import type { Phase } from '../../../src/phase.ts';
import { assignRole, type SteeredInstance, type SteeringFacts } from '../../../src/steering/assignRole.ts';

/** `2:ready`: a ready instance of generation 2. A trailing `!`: none of its endpoints is ready. */
function instances(list: string): SteeredInstance[] {
  return list
    .split(' ')
    .filter(Boolean)
    .map((text, i) => {
      const [generation, phase = ''] = text.replace('!', '').split(':');
      return {
        id: `i${i}`,
        generation: Number(generation),
        phase: (phase === '?' ? undefined : phase) as Phase | undefined,
        withoutEndpoints: text.endsWith('!'),
      };
    });
}

function roleOf(self: string, others: string, options: Partial<SteeringFacts> = {}): string {
  const [own] = instances(self) as [SteeredInstance];
  const facts = {
    self: { ...own, id: 'self' },
    instances: instances(others),
    isSeenToServe: () => true,
    pinned: undefined,
    minReady: undefined,
  };
  return assignRole({ ...facts, ...options }).kind;
}

describe('the role of an instance', () => {
  it.each([
    ['alone', '1:ready', '', 'serve'],
    ['with others of its generation', '1:ready', '1:ready 1:ready', 'serve'],
    ['one older, one newer', '1:ready', '2:ready', 'standby'],
    ['the newer one', '2:ready', '1:ready', 'serve'],
    ['two older, one newer', '1:ready', '1:ready 2:ready', 'serve'],
    ['two older, two newer', '1:ready', '1:ready 2:ready 2:ready', 'standby'],
    ['a standby of its generation counts', '1:standby', '1:standby 2:ready', 'serve'],
    ['newer ones are not ready', '1:ready', '2:starting 2:draining 2:standby 2:stopped 2:?', 'serve'],
    ['newer ones without ready endpoints', '1:ready', '2:ready!', 'serve'],
    ['newer ones of two generations', '1:ready', '1:ready 2:ready 3:ready', 'standby'],
    ['without ready endpoints, others have some', '2:ready!', '1:ready', 'standby'],
    ['no instance has ready endpoints', '2:ready!', '2:ready! 1:ready!', 'serve'],
  ])('%s', (_situation, self, others, expected) => {
    expect(roleOf(self, others)).toBe(expected);
  });

  it.each([
    ['the pinned generation serves', '1:standby', '2:ready 2:ready', 1, 'serve'],
    [
      'the others stand by as soon as one pinned instance is ready',
      '2:ready',
      '2:ready 1:ready',
      1,
      'standby',
    ],
    ['the others serve before', '2:ready', '2:ready 1:standby', 1, 'serve'],
    ['a pinned generation without instances has no effect', '1:ready', '2:ready', 7, 'standby'],
  ])('with a pin: %s', (_situation, self, others, pinned, expected) => {
    expect(roleOf(self, others, { pinned })).toBe(expected);
  });

  it.each([
    ['a newer one', '1:ready', '2:ready', {}],
    ['the pinned generation', '2:ready', '2:ready 1:ready', { pinned: 1 }],
    ['one with ready endpoints', '2:ready!', '1:ready', {}],
  ])('serves while none of those before it is seen to serve: %s', (_, self, others, options) => {
    expect(roleOf(self, others, { ...options, isSeenToServe: () => false })).toBe('serve');
    expect(roleOf(self, others, options)).toBe('standby');
  });

  it('stands by when one of them is seen to serve', () => {
    const isSeenToServe = (id: string) => id === 'i2';
    expect(roleOf('1:ready', '1:ready 2:ready 2:ready', { isSeenToServe })).toBe('standby');
    expect(roleOf('1:ready', '1:ready 2:ready 1:ready', { isSeenToServe, minReady: 1 })).toBe('serve');
  });

  it('waits for minReady instances', () => {
    expect(roleOf('1:ready', '1:ready 2:ready', { minReady: 1 })).toBe('standby');
    expect(roleOf('1:ready', '2:ready', { minReady: 2 })).toBe('serve');
  });
});
