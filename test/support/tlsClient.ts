import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { tlsBytes } from './tlsFixtures.ts';

/** A client that trusts the authority of the fixtures; `as` names its certificate. */
export function connectTls(
  address: string,
  { as, ...options }: ConnectionOptions & { readonly as?: string } = {},
): TLSSocket {
  const [host = '', port] = address.split(':');
  const socket = connect({
    host,
    port: Number(port),
    ca: tlsBytes('ca.pem'),
    servername: 'baton.test',
    ALPNProtocols: ['h2'],
    ...(as !== undefined && { cert: tlsBytes(`${as}.pem`), key: tlsBytes(`${as}.key`) }),
    ...options,
  });
  // The close follows.
  socket.on('error', () => {});
  return socket;
}

/**
 * What a server says of a handshake: `accepted` once its SETTINGS frame has arrived, else the code
 * of the error, or `closed`.
 */
export function outcomeOf(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('data', () => resolve('accepted'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'error'));
    socket.once('close', () => resolve('closed'));
  });
}
