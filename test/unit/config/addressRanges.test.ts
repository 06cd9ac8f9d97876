import { AddressRanges, addressRange } from '../../../src/config/addressRanges.ts';

const all = ['0.0.0.0/0', '[::/0]'];

describe('a range of addresses', () => {
  it.each([
    [
      '10.0.0.0/8',
      ['10.0.0.1:80', '10.255.255.255:65535'],
      ['11.0.0.0:80', '[2001:db8::1]:80', '9.255.255.255:80'],
    ],
    ['10.0.0.7', ['10.0.0.7:1'], ['10.0.0.8:1', '10.0.0.6:1']],
    ['10.0.3.0/24:8000', ['10.0.3.9:8000'], ['10.0.3.9:8001', '10.0.3.9:22', '10.0.4.1:8000']],
    ['10.0.0.7:8000-8007', ['10.0.0.7:8000', '10.0.0.7:8007'], ['10.0.0.7:7999', '10.0.0.7:8008']],
    [
      '[2001:db8::/32]:8000',
      ['[2001:db8:1::1]:8000'],
      ['[2001:db9::1]:8000', '[2001:db8::1]:80', '10.0.0.1:8000'],
    ],
    ['[::1]', ['[::1]:80'], ['[::2]:80', '127.0.0.1:80']],
    ['0.0.0.0/0', ['1.2.3.4:80'], ['[::1]:80']],
  ])('%s', (text, inside, outside) => {
    expect(addressRange().safeParse(text).success).toBe(true);
    const ranges = new AddressRanges([text]);
    for (const address of inside) expect([address, ranges.contain(address)]).toEqual([address, true]);
    for (const address of outside) expect([address, ranges.contain(address)]).toEqual([address, false]);
  });

  it.each([
    '',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0/8',
    '10.0.0.1:0',
    '10.0.0.1:65536',
    '10.0.0.1:9-8',
    '10.0.0.1:80-',
    '10.0.0.1:',
    '::1',
    '[10.0.0.1]:80',
    '[::1%eth0]:80',
    '[2001:db8::/129]',
    'pod-a:8000',
    ' 10.0.0.1',
    8000,
  ])('is not %j', (value) => {
    expect(addressRange().safeParse(value).error?.issues[0]?.message).toContain(
      'a range of addresses such as',
    );
  });

  it('is one of several, and a refusal names them', () => {
    const ranges = new AddressRanges(['10.0.0.0/8', '[fd00::/8]:80']);
    expect(['10.1.1.1:9', '[fd00::1]:80', '[fd00::1]:81'].map((each) => ranges.contain(each))).toEqual([
      true,
      true,
      false,
    ]);
    expect(() => ranges.require('192.168.0.1:22')).toThrow(
      '192.168.0.1:22 is in none of the ranges of pool.allow: 10.0.0.0/8, [fd00::/8]:80',
    );
    for (const each of ['1.2.3.4:80', '[::1]:80']) expect(new AddressRanges(all).contain(each)).toBe(true);
  });
});
