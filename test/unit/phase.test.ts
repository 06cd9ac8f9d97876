import { type Phase, phaseOfAll } from '../../src/phase.ts';

describe('the phase of an instance with several pools', () => {
  it.each<[Phase, Phase[]]>([
    ['ready', ['ready']],
    ['starting', ['ready', 'starting', 'standby']],
    ['ready', ['standby', 'ready']],
    ['standby', ['standby', 'standby']],
    ['draining', ['draining', 'ready', 'standby']],
    ['draining', ['stopped', 'draining']],
    ['stopped', ['stopped', 'stopped']],
  ])('is %s for %j', (expected, phases) => {
    expect(phaseOfAll(phases)).toBe(expected);
  });
});
