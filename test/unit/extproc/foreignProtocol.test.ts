import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { probeHint } from '../../../src/cli/probeHint.ts';
import { foreignProtocolLog } from '../../../src/extproc/foreignProtocolLog.ts';
import { preface } from '../../../src/grpc/http2/protocol.ts';
import type { CertificateSource } from '../../../src/grpc/tls/certificateSource.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { settingsFrame } from '../../../tools/testbed/rawHttp2.ts';
import { until } from '../../../tools/testbed/until.ts';
import { EchoServer } from '../../support/echoServer.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { tlsBytes } from '../../support/tlsFixtures.ts';

checkForLeaks();

function serverCertificate(): CertificateSource {
  return {
    requestsClientCertificate: false,
    onHandshakeRefused() {},
    start: async (onCertificate) => {
      onCertificate({ cert: tlsBytes('server.pem').toString(), key: tlsBytes('server.key').toString() });
    },
    stop: async () => {},
  };
}

/** Sends what a client of another protocol sends first, and waits for the end. */
async function sendTo(address: string, client: 'tls' | Buffer): Promise<void> {
  const [host = '', port] = address.split(':');
  const socket =
    client === 'tls'
      ? connectTls({ host, port: Number(port), rejectUnauthorized: false })
      : connectTcp({ host, port: Number(port) });
  socket.on('error', () => {});
  socket.resume();
  if (client !== 'tls') socket.write(client);
  await new Promise((resolve) => socket.once('close', resolve));
}

describe('a client that speaks another protocol to a port without TLS', () => {
  it.each<[name: string, client: 'tls' | Buffer, protocol: string]>([
    ['TLS', 'tls', 'tls'],
    ['HTTP/1', Buffer.from('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'), 'http/1'],
    ['PROXY protocol 1', Buffer.from('PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n'), 'proxy-protocol'],
    ['PROXY protocol 2', Buffer.from('\r\n\r\n\0\r\nQUIT\n!\x11'), 'proxy-protocol'],
    ['neither', Buffer.from('\0\0\0\0 garbage that is long enough'), 'unknown'],
  ])('is named with a remedy, once: %s', async (_, client, protocol) => {
    const lines: object[] = [];
    const onForeignProtocol = foreignProtocolLog({ ...silentLog, warn: (fields) => lines.push(fields) });
    const echo = await new EchoServer({ onForeignProtocol }).listen();
    try {
      await sendTo(echo.address, client);
      await until(() => lines.length > 0, { what: 'the log line' });
      await sendTo(echo.address, client);
      expect(lines).toEqual([
        {
          event: 'connection.foreign-protocol',
          protocol,
          remedy: expect.stringContaining(':'),
          suppressed: 0,
        },
      ]);
    } finally {
      await echo.server.close(500);
    }
  });
});

describe('a client that speaks plain text to a port with TLS', () => {
  it.each([
    ['HTTP/2', Buffer.concat([preface, settingsFrame()])],
    ['HTTP/1', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['HTTP/1 with POST', Buffer.from('POST / HTTP/1.1\r\n\r\n')],
  ])('is named: %s', async (_, bytes) => {
    const protocols: string[] = [];
    const onForeignProtocol = (protocol: string): number => protocols.push(protocol);
    const echo = await new EchoServer({ certificates: serverCertificate(), onForeignProtocol }).listen();
    try {
      await sendTo(echo.address, bytes);
      await until(() => protocols.length > 0, { what: 'the report' });
      expect(protocols).toEqual(['plain-text']);
    } finally {
      await echo.server.close(500);
    }
  });
});

describe('the probe of a port that is addressed the wrong way', () => {
  it('says that the port speaks plain text, or TLS', async () => {
    const plain = await new EchoServer().listen();
    const secure = await new EchoServer({ certificates: serverCertificate() }).listen();
    try {
      expect(await probeHint(plain.address, true)).toBe('the port speaks plain text: leave out --ca');
      expect(await probeHint(plain.address, false)).toBeUndefined();
      expect(await probeHint(secure.address, false)).toBe('the port speaks TLS: give --ca');
      expect(await probeHint(secure.address, true)).toBeUndefined();
      expect(await probeHint('127.0.0.1:1', false)).toBeUndefined();
      expect(await probeHint('no-port', false)).toBeUndefined();
    } finally {
      await Promise.all([plain.server.close(500), secure.server.close(500)]);
    }
  });
});
