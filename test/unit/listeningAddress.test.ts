import { localAddress, whereToListen } from '../../src/listeningAddress.ts';

describe('an address to listen on', () => {
  it.each([
    ['[::]:9002', true, '::'],
    ['[::]:9002', false, '0.0.0.0'],
    ['[::1]:9002', false, '::1'],
    ['0.0.0.0:9002', true, '0.0.0.0'],
    ['127.0.0.1:9002', false, '127.0.0.1'],
    ['localhost:9002', false, 'localhost'],
  ])('%s, on a machine with IPv6: %s, is %s', (address, hasIpv6, host) => {
    expect(whereToListen(address, hasIpv6)).toEqual({ host, port: 9002 });
  });

  it.each([
    ['[::]:9090', '127.0.0.1:9090'],
    ['[::1]:9090', '[::1]:9090'],
    ['10.0.0.1:9090', '10.0.0.1:9090'],
    ['off', 'off'],
  ])('%s is reached on this machine at %s', (address, local) => {
    expect(localAddress(address)).toBe(local);
  });
});
