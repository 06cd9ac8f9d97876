import { parseAddress } from '../../src/hostPort.ts';

describe('when the text holds an IP address', () => {
  it.each([
    ['10.0.0.1:8000', '10.0.0.1:8000'],
    ['10.0.0.1:1', '10.0.0.1:1'],
    ['10.0.0.1:65535', '10.0.0.1:65535'],
    ['10.0.0.1:0080', '10.0.0.1:80'],
    ['[2001:db8::1]:8000', '[2001:db8::1]:8000'],
    ['[2001:DB8:0:0:0:0:0:1]:8000', '[2001:db8::1]:8000'],
    ['[2001:db8:0:0:1:0:0:1]:8000', '[2001:db8::1:0:0:1]:8000'],
    ['[1:0:0:2:0:0:0:3]:80', '[1:0:0:2::3]:80'],
    ['[1:0:2:3:4:5:6:7]:80', '[1:0:2:3:4:5:6:7]:80'],
    ['[0:0:0:0:0:0:0:1]:80', '[::1]:80'],
    ['[::]:80', '[::]:80'],
    ['[::ffff:1.2.3.4]:80', '1.2.3.4:80'],
    ['[::FFFF:0102:0304]:80', '1.2.3.4:80'],
    ['[64:ff9b::1.2.3.4]:80', '[64:ff9b::102:304]:80'],
  ])('reads %s as %s', (text, address) => {
    expect(parseAddress(text)).toEqual({ kind: 'ip', address });
  });

  it.each(['10.0.0.1:8000', '[::ffff:0102:0304]:80', '[2001:DB8::0:1]:9'])(
    'reads its own rendering of %s back',
    (text) => {
      const once = parseAddress(text);
      if (once.kind !== 'ip') throw new Error('no IP address');
      expect(parseAddress(once.address)).toEqual(once);
    },
  );
});

describe('when the text holds a host name', () => {
  it.each([
    ['pod-a:8000', 'pod-a', 8000],
    ['Pod-A.Models.svc:80', 'pod-a.models.svc', 80],
    ['localhost:1', 'localhost', 1],
    ['pods.example.:80', 'pods.example.', 80],
    ['my_pod:80', 'my_pod', 80],
    ['1a:80', '1a', 80],
    ['0xpod:80', '0xpod', 80],
    [`${'a'.repeat(63)}:80`, 'a'.repeat(63), 80],
  ])('reads %s', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ kind: 'host', host, port });
  });
});

describe('when the text is no address', () => {
  it.each([
    ['', 'not host:port'],
    ['pod-a', 'not host:port'],
    ['10.0.0.1', 'no port'],
    ['2001:db8::1', 'no port'],
    ['2001:db8::1:8000', 'no port'],
    ['::1:99999', 'not host:port'],
    ['10.0.0.1:', 'not host:port'],
    ['10.0.0.1:http', 'not host:port'],
    ['10.0.0.1:-1', 'not host:port'],
    ['10.0.0.1:8000\n', 'not host:port'],
    ['http://10.0.0.1:8000', 'not host:port'],
    ['10.0.0.1:8000/health', 'not host:port'],
    ['10.0.0.1:0', '1–65535'],
    ['10.0.0.1:65536', '1–65535'],
    ['[10.0.0.1]:80', 'brackets'],
    ['[]:80', 'brackets'],
    ['[2001:db8::1]', 'not host:port'],
    ['[fe80::1%eth0]:80', 'brackets'],
    ['256.0.0.1:80', 'not an IPv4 address'],
    ['10.0.0.01:80', 'not an IPv4 address'],
    ['127.1:80', 'not an IPv4 address'],
    ['0x7f000001:80', 'not an IPv4 address'],
    ['0x7f.1:80', 'not an IPv4 address'],
    ['pod.0x1:80', 'not an IPv4 address'],
    [':80', 'not an IP address or a host name'],
    ['-pod:80', 'not an IP address or a host name'],
    ['pod-:80', 'not an IP address or a host name'],
    ['pod..a:80', 'not an IP address or a host name'],
    ['pod a:80', 'not an IP address or a host name'],
    [' 10.0.0.1:80', 'not an IPv4 address'],
    ['pöd:80', 'not an IP address or a host name'],
    [`${'a'.repeat(64)}:80`, 'not an IP address or a host name'],
    [`${'a.'.repeat(127)}:80`, 'not an IP address or a host name'],
  ])('refuses %j with the reason: %s', (text, why) => {
    const parsed = parseAddress(text);
    expect(parsed).toMatchObject({ kind: 'invalid', why: expect.stringContaining(why) });
    expect(parsed).toMatchObject({ problem: expect.stringContaining('10.0.0.1:8000') });
  });
});
