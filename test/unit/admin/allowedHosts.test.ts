import { AllowedHosts } from '../../../src/admin/allowedHosts.ts';

const hosts = new AllowedHosts(['baton-a', '.pods.example']);

it.each([
  [undefined, 'of HTTP/1.0'],
  ['127.0.0.1', 'an IPv4 address'],
  ['10.1.2.3:9090', 'with a port'],
  ['[::1]', 'an IPv6 address'],
  ['[2001:db8::1]:9090', 'with a port'],
  ['localhost', ''],
  ['LocalHost:9090', 'in any case'],
  ['baton-a:9090', 'a configured name'],
  ['BATON-A.', 'with a dot at its end'],
  ['one.pods.example', 'below a configured name'],
  ['a.b.pods.example:1', 'far below it'],
] as const)('allows %s: %s', (header, _what) => {
  expect(hosts.allows(header)).toBe(true);
});

it.each([
  ['', 'no name'],
  [':9090', 'no name'],
  ['evil.example', 'a name of a web page'],
  ['pods.example', 'the configured name itself'],
  ['evilpods.example', 'another name with the same end'],
  ['baton-a.evil.example', 'a name below another'],
  ['localhost.evil.example', ''],
  ['127.0.0.1.evil.example', ''],
  ['127.1', 'an address in an old notation'],
  ['2130706433', 'an address as a number'],
  ['::1', 'no brackets'],
  ['[localhost]', 'no address in brackets'],
  ['[127.0.0.1]', 'no IPv6 address in brackets'],
  ['localhost:x', 'no port'],
  ['localhost, evil.example', 'two'],
  ['user@localhost', 'with a user'],
] as const)('refuses %j: %s', (header, _what) => {
  expect(hosts.allows(header)).toBe(false);
});
