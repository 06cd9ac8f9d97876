import { TokenCheck } from '../../../src/admin/operator/tokenCheck.ts';

const token = 'a-token-of-an-operator';
const right = `Bearer ${token}`;
const wrong = 'Bearer another-token-of-an-operator';

let nowMs: number;
let expected: string | undefined;
let check: TokenCheck;
beforeEach(() => {
  nowMs = 1_000;
  expected = token;
  check = new TokenCheck(
    () => expected,
    () => nowMs,
  );
});

it.each([
  ['the token', right, 'right'],
  ['the scheme in lower case', `bearer ${token}`, 'right'],
  ['no header', undefined, 'missing'],
  ['an empty header', '', 'missing'],
  ['another scheme', `Basic ${token}`, 'missing'],
  ['the token alone', token, 'missing'],
  ['another token', wrong, 'wrong'],
  ['the beginning of it', right.slice(0, -1), 'wrong'],
  ['more than it', `${right}x`, 'wrong'],
])('%s', (_what, header, verdict) => {
  expect(check.check(header, '10.0.0.1')).toBe(verdict);
});

it('no token is right while there is none to be read', () => {
  expected = undefined;
  expect(check.check('Bearer undefined', '10.0.0.1')).toBe('wrong');
});

it('a renewed token is used at once', () => {
  expected = 'another-token-of-an-operator';
  expect(check.check(wrong, '10.0.0.1')).toBe('right');
});

describe('after five wrong tokens within a minute', () => {
  beforeEach(() => {
    for (let nth = 0; nth < 5; nth += 1) expect(check.check(wrong, '10.0.0.1')).toBe('wrong');
  });

  it('their address gets no answer about any token, until the minute is over', () => {
    nowMs += 59_999;
    expect([wrong, right].map((header) => check.check(header, '10.0.0.1'))).toEqual(['too-many', 'too-many']);
    nowMs += 1;
    expect(check.check(right, '10.0.0.1')).toBe('right');
  });

  it('other addresses are not kept out', () => {
    expect(check.check(right, '10.0.0.2')).toBe('right');
  });

  it('what is remembered of 5,000 addresses is bounded, and the last ones are in it', () => {
    for (let nth = 0; nth < 5_000; nth += 1) check.check(wrong, `10.1.0.${nth}`);
    for (let nth = 0; nth < 4; nth += 1) check.check(wrong, '10.1.0.4999');
    expect(check.check(right, '10.1.0.4999')).toBe('too-many');
    expect(check.check(right, '10.0.0.1')).toBe('right');
  });
});

it('the right token ends the count', () => {
  for (let nth = 0; nth < 12; nth += 1) {
    expect(check.check(wrong, '10.0.0.1')).toBe('wrong');
    if (nth % 4 === 3) expect(check.check(right, '10.0.0.1')).toBe('right');
  }
});
