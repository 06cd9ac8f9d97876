import { once } from 'node:events';
import { getCiphers, type TLSSocket } from 'node:tls';
import { until } from '../../../../tools/testbed/until.ts';
import { EchoServer } from '../../../support/echoServer.ts';
import { checkForLeaks } from '../../../support/leakCheck.ts';
import { connectTls, outcomeOf } from '../../../support/tlsClient.ts';
import { tlsBytes } from '../../../support/tlsFixtures.ts';
import { certificateOf, TlsSource } from '../../../support/tlsSource.ts';

/** Which TLS a client may speak (RFC 9113, section 9.2), and that each handshake is a full one. */
checkForLeaks();

const tls12 = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
const suites = getCiphers()
  .filter((name) => !name.startsWith('tls_'))
  .map((name) => name.toUpperCase());

describe.each(['builtin', 'grpc-js'] as const)('over %s', (kind) => {
  let echo: EchoServer;
  let source: TlsSource;
  let clients: TLSSocket[];
  async function serve(name: string, authorities: readonly string[] = []): Promise<void> {
    clients = [];
    source = new TlsSource(certificateOf(name, authorities));
    echo = await new EchoServer({ kind, certificates: source }).listen();
  }
  afterEach(async () => {
    for (const client of clients) client.destroy();
    await echo.server.close(500);
  });
  function connect(...args: Parameters<typeof connectTls> extends [string, ...infer Rest] ? Rest : never) {
    const client = connectTls(echo.address, ...args);
    clients.push(client);
    return client;
  }

  /** The suites of TLS 1.2 that a server with this certificate accepts. */
  async function accepted(name: string): Promise<string[]> {
    await serve(name);
    // A client of TLS 1.2 that proposes the oldest things that OpenSSL still has.
    const legacy = { ...tls12, ca: [tlsBytes('ca.pem'), tlsBytes('rsa.pem')] };
    const names: string[] = [];
    for (const ciphers of suites) {
      let client: TLSSocket;
      try {
        client = connect({ ...legacy, ciphers: `${ciphers}:@SECLEVEL=0` });
      } catch {
        continue; // not in this build of OpenSSL
      }
      if ((await outcomeOf(client)) === 'accepted') names.push(client.getCipher().name);
    }
    return names.sort();
  }

  it('only suites with forward secrecy and an AEAD are accepted', async () => {
    const ofKey = (key: string) =>
      ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'].map((rest) => `ECDHE-${key}-${rest}`);
    expect(await accepted('server')).toEqual(ofKey('ECDSA'));
    await echo.server.close(500);
    expect(await accepted('rsa')).toEqual(ofKey('RSA'));
  });

  it('the same holds after the certificate is renewed, and older versions are refused', async () => {
    await serve('server');
    source.renew(certificateOf('renewed'));
    for (const options of [
      { ...tls12, ciphers: 'ECDHE-ECDSA-AES128-SHA256' },
      { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const,
    ]) {
      expect(await outcomeOf(connect(options))).not.toBe('accepted');
    }
    expect(await outcomeOf(connect(tls12))).toBe('accepted');
    expect(await outcomeOf(connect({ minVersion: 'TLSv1.3' }))).toBe('accepted');
  });

  it('renegotiation ends the connection', async () => {
    await serve('server');
    const client = connect(tls12);
    expect(await outcomeOf(client)).toBe('accepted');
    client.renegotiate({}, () => {});
    await until(() => client.closed, { what: 'the end of the connection' });
    expect(await outcomeOf(connect(tls12))).toBe('accepted');
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('no session of %s is resumed', async (version) => {
    await serve('server', ['ca']);
    const options = { as: 'client', minVersion: version, maxVersion: version };
    const first = connect(options);
    const sessions: Buffer[] = [];
    first.on('session', (session) => sessions.push(session));
    expect(await outcomeOf(first)).toBe('accepted');
    // It is sent behind the handshake.
    if (version === 'TLSv1.3') await until(() => sessions.length > 0, { what: 'the session' });
    const session = sessions.at(-1) ?? first.getSession();
    first.destroy();
    const second = connect({ ...options, ...(session && { session }) });
    await once(second, 'secureConnect');
    expect(second.isSessionReused()).toBe(false);
    expect(await outcomeOf(second)).toBe('accepted');
  });
});
