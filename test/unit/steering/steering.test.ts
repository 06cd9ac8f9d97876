import type { Phase } from '../../../src/phase.ts';
import { assignRole, type SteeredInstance, type SteeringFacts } from '../../../src/steering/steering.ts';

/** `2:ready` is a ready instance of generation 2; a trailing `!` has no endpoint that is ready. */
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

function course(self: string, others: string, options: Partial<SteeringFacts> = {}): string {
  const [me] = instances(self) as [SteeredInstance];
  const facts = {
    self: { ...me, id: 'self' },
    instances: instances(others),
    pinned: undefined,
    minReady: undefined,
  };
  return assignRole({ ...facts, ...options }).kind;
}

describe('which instances take the traffic', () => {
  it.each([
    ['alone', '1:ready', '', 'serve'],
    ['beside equals', '1:ready', '1:ready 1:ready', 'serve'],
    ['one old, one new', '1:ready', '2:ready', 'stand-by'],
    ['the new one itself', '2:ready', '1:ready', 'serve'],
    ['two old, only one new yet', '1:ready', '1:ready 2:ready', 'serve'],
    ['two old, two new', '1:ready', '1:ready 2:ready 2:ready', 'stand-by'],
    ['a standby of its own counts', '1:standby', '1:standby 2:ready', 'serve'],
    ['newer ones that are not ready', '1:ready', '2:starting 2:draining 2:standby 2:stopped 2:?', 'serve'],
    ['newer ones without endpoints', '1:ready', '2:ready!', 'serve'],
    ['new ones of two generations together', '1:ready', '1:ready 2:ready 3:ready', 'stand-by'],
    ['without endpoints, but others have some', '2:ready!', '1:ready', 'stand-by'],
    ['nobody has endpoints', '2:ready!', '2:ready! 1:ready!', 'serve'],
  ])('%s', (_situation, self, others, expected) => {
    expect(course(self, others)).toBe(expected);
  });

  it.each([
    ['the pinned one serves, newer or not', '1:standby', '2:ready 2:ready', 1, 'serve'],
    ['the others step back as soon as one pinned is ready', '2:ready', '2:ready 1:ready', 1, 'stand-by'],
    ['but not before', '2:ready', '2:ready 1:standby', 1, 'serve'],
    ['a pinned generation that is gone pins nothing', '1:ready', '2:ready', 7, 'stand-by'],
  ])('when one is pinned: %s', (_situation, self, others, pinned, expected) => {
    expect(course(self, others, { pinned })).toBe(expected);
  });

  it('waits for as many as the configuration says', () => {
    expect(course('1:ready', '1:ready 2:ready', { minReady: 1 })).toBe('stand-by');
    expect(course('1:ready', '2:ready', { minReady: 2 })).toBe('serve');
  });
});
