import { X509Certificate } from 'node:crypto';
import { namesOf } from '../../../../src/grpc/tls/clientNames.ts';
import { EchoServer } from '../../../support/echoServer.ts';
import { checkForLeaks } from '../../../support/leakCheck.ts';
import { connectTls, outcomeOf } from '../../../support/tlsClient.ts';
import { tlsBytes } from '../../../support/tlsFixtures.ts';
import { certificateOf, TlsSource } from '../../../support/tlsSource.ts';

checkForLeaks();

describe('the names in a certificate', () => {
  const namesIn = (name: string) => namesOf(new X509Certificate(tlsBytes(`${name}.pem`)));

  it('are its DNS names, URIs, IP and mail addresses, and nothing that looks like one of them', () => {
    expect(namesIn('names')).toEqual([
      'Envoy.test',
      'a, DNS:from-dns.test',
      'spiffe://cluster.test/ns/gateways/sa/envoy',
      '192.0.2.7',
      'envoy@baton.test',
    ]);
  });

  it('are its common name only where there is no other', () => {
    expect(namesIn('common')).toEqual(['envoy one']);
    expect(namesIn('client')).not.toContain('baton test client');
  });
});

describe.each(['builtin', 'grpc-js'] as const)('over %s', (kind) => {
  it.each([
    [['elsewhere.test', 'baton.test'], true],
    [['127.0.0.1'], true],
    [['elsewhere.test'], false],
    [['baton test client'], false],
    [['test', 'baton.tes', 'Baton.test'], false],
  ])('with the names %j a client of the authority is accepted: %s', async (clientNames, isAccepted) => {
    const source = new TlsSource(certificateOf('server', ['ca']), { clientNames });
    const echo = await new EchoServer({ kind, certificates: source }).listen();
    try {
      const client = connectTls(echo.address, { as: 'client' });
      expect((await outcomeOf(client)) === 'accepted').toBe(isAccepted);
      client.destroy();
      expect(echo.unexpected).toEqual([]);
      expect(source.refused).toEqual(
        isAccepted
          ? []
          : [
              'the names in the certificate of the client are not accepted: "baton.test", "localhost", "127.0.0.1"',
            ],
      );
    } finally {
      await echo.server.close(500);
    }
  });
});
