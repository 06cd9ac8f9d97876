import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Log } from '../../telemetry/log.ts';
import type { CertificateFiles } from './certificateFiles.ts';

/** Who connects and then says nothing is sent away after this. */
const handshakeMs = 10_000;
/** Clients try again and again; one line in this time is enough. */
const logEveryMs = 10_000;

/**
 * Takes connections over TLS with the certificate of the files, to be started before it listens. HTTP/2 over TLS
 * has to be agreed on by ALPN (RFC 9113, 3.2): a client that offers other protocols gets the alert for that from
 * node:tls, and one that offers none is closed here.
 *
 * @param onSocket takes a client that is let in and has agreed on HTTP/2
 */
export function createTlsServer(files: CertificateFiles, onSocket: (socket: TLSSocket) => void): Server {
  const refused = refusalLog(files.log);
  const server = createServer({
    ALPNProtocols: ['h2'],
    requestCert: files.areClientsAsked,
    rejectUnauthorized: files.areClientsAsked,
    handshakeTimeout: handshakeMs,
    noDelay: true,
  });
  files.onCertificate((certificate) => server.setSecureContext({ ...certificate }));
  server.on('tlsClientError', ({ message }) => refused(message));
  server.on('secureConnection', (socket) => {
    if (socket.alpnProtocol === 'h2') return onSocket(socket);
    refused('it does not offer h2 by ALPN');
    socket.on('error', () => {});
    socket.destroySoon();
  });
  return server;
}

function refusalLog(log: Log): (reason: string) => void {
  let saidMs = Number.NEGATIVE_INFINITY;
  let unsaid = 0;
  return (reason) => {
    const nowMs = performance.now();
    if (nowMs - saidMs < logEveryMs) {
      unsaid += 1;
      return;
    }
    log.warn({ reason, othersUnsaid: unsaid }, 'a client cannot connect');
    saidMs = nowMs;
    unsaid = 0;
  };
}
