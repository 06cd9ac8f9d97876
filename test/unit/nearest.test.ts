import { nearest } from '../../src/nearest.ts';

describe('nearest', () => {
  const known = ['graceMs', 'quietMs', 'noticeMs', 'id'];

  it.each([
    ['gracMs', 'graceMs'],
    ['GRACEMS', 'graceMs'],
    ['noticeMS', 'noticeMs'],
    ['quitMs', 'quietMs'],
    ['ids', 'id'],
  ])('takes %s for %s', (typed, expected) => {
    expect(nearest(typed, known)).toBe(expected);
  });

  it('finds nothing for an unrelated word', () => {
    expect(nearest('grace', known)).toBeUndefined();
    expect(nearest('', known)).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});
