import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { credentials } from '@grpc/grpc-js';
import { makeCertificate } from '../../../src/extproc/tls/makeCertificate.ts';
import { SelfSignedCertificates } from '../../../src/extproc/tls/selfSignedCertificates.ts';
import { preface } from '../../../src/grpc/http2/protocol.ts';
import { ExternalProcessor } from '../../../src/proto/clients.ts';
import type { Log } from '../../../src/telemetry/log.ts';
import { settingsFrame } from '../../../tools/testbed/rawHttp2.ts';
import { until } from '../../../tools/testbed/until.ts';
import { EchoServer } from '../../support/echoServer.ts';
import { FakeClock } from '../../support/fakeClock.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { outcomeOf } from '../../support/tlsClient.ts';

checkForLeaks();

const dayMs = 86_400_000;

describe('a certificate that is made', () => {
  it.each([
    ['2026-01-02T03:04:05.000Z', '2026-04-02T03:04:05.000Z'],
    ['2049-12-31T00:00:00.000Z', '2050-03-31T00:00:00.000Z'],
  ])('is one of a server, valid from %s to %s, signed by its key', async (from, to) => {
    const { cert, key } = await makeCertificate('baton', {
      notBefore: new Date(from),
      notAfter: new Date(to),
    });
    const certificate = new X509Certificate(cert);
    expect(certificate.subject).toBe('CN=baton');
    expect(certificate.issuer).toBe('CN=baton');
    expect(certificate.subjectAltName).toBe('DNS:baton');
    expect(new Date(certificate.validFrom).toISOString()).toBe(from);
    expect(new Date(certificate.validTo).toISOString()).toBe(to);
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.serialNumber).toMatch(/^[4-7]/);
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });
});

describe.each(['builtin', 'grpc-js'] as const)('over %s', (kind) => {
  let clock: FakeClock;
  let refused: string[];
  let echo: EchoServer;

  const serve = async (requiresAlpn: boolean): Promise<void> => {
    clock = new FakeClock();
    refused = [];
    const startMs = Date.now();
    const log: Log = {
      debug() {},
      info() {},
      error() {},
      warn: ({ reason }) => void refused.push(String(reason)),
    };
    const unixMs = (): number => startMs + clock.nowMs();
    const certificates = new SelfSignedCertificates({ requiresAlpn, clock, unixMs, log });
    echo = await new EchoServer({ kind, certificates }).listen();
  };
  afterEach(async () => {
    await echo.server.close(200);
    expect(clock.pendingTimers).toBe(0);
    expect(echo.unexpected).toEqual([]);
  });

  const connectTo = (ALPNProtocols: readonly string[]): TLSSocket => {
    const [host = '', port] = echo.address.split(':');
    const socket = connect({
      host,
      port: Number(port),
      rejectUnauthorized: false,
      ...(ALPNProtocols.length > 0 && { ALPNProtocols: [...ALPNProtocols] }),
    });
    socket.on('error', () => {});
    return socket;
  };
  const handshake = async (protocols: readonly string[]): Promise<string> => {
    const socket = connectTo(protocols);
    socket.write(Buffer.concat([preface, settingsFrame()]));
    const outcome = await outcomeOf(socket);
    socket.destroy();
    return outcome;
  };
  const fingerprint = async (): Promise<string | undefined> => {
    const socket = connectTo(['h2']);
    await once(socket, 'secureConnect');
    const certificate = socket.getPeerX509Certificate();
    socket.destroy();
    return certificate?.fingerprint256;
  };
  const clientThatVerifiesNothing = (): InstanceType<typeof ExternalProcessor> =>
    new ExternalProcessor(
      echo.address,
      credentials.createSsl(null, null, null, { rejectUnauthorized: false }),
    );

  it('a client that verifies nothing is served, one that verifies is not', async () => {
    await serve(true);
    const client = clientThatVerifiesNothing();
    const stream = client.process();
    stream.write({ request_headers: {} });
    await once(stream, 'data');
    stream.end();
    await once(stream, 'end');
    client.close();
    const verifying = new ExternalProcessor(echo.address, credentials.createSsl());
    const failed = verifying.process();
    const [error] = (await once(failed, 'error')) as [{ details: string }];
    expect(error.details).toMatch(/self-signed certificate/);
    verifying.close();
  });

  it('a client without ALPN is served where ALPN is optional', async () => {
    await serve(false);
    expect(await handshake([])).toBe('accepted');
    expect(await handshake(['h2'])).toBe('accepted');
    expect(await handshake(['http/1.1'])).not.toBe('accepted');
  });

  it('it is renewed before it ends, and open streams go on', async () => {
    await serve(true);
    const first = await fingerprint();
    const client = clientThatVerifiesNothing();
    const stream = client.process();
    stream.write({ request_headers: {} });
    await once(stream, 'data');
    clock.advance(59 * dayMs);
    expect(await fingerprint()).toBe(first);
    clock.advance(2 * dayMs);
    await until(async () => (await fingerprint()) !== first, { what: 'another certificate' });
    stream.write({ request_headers: {} });
    await once(stream, 'data');
    stream.end();
    await once(stream, 'end');
    client.close();
  });
});
