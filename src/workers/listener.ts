import { createServer, type Server, type Socket } from 'node:net';
import { BatonError } from '../errors.ts';
import { splitHostPort, withPort } from '../hostPort.ts';

/**
 * The group's port: accepts connections, unread, for others to serve. The parent alone holds it, so that it
 * is free as soon as the parent is gone, however that ends.
 *
 * @returns the address that is bound, and how to close the door
 * @throws BatonError `listen-failed` when it cannot be bound
 */
export function openListener(
  address: string,
  onConnection: (socket: Socket) => void,
): Promise<{ address: string; close: () => void }> {
  const server = createServer({ noDelay: true, pauseOnConnect: true }, onConnection);
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new BatonError('listen-failed', `cannot listen on ${address}: ${cause.message}`, { cause }));
    });
    server.listen(splitHostPort(address), () => {
      // A connection that could not be taken, for want of file descriptors: its client tries again.
      server.on('error', () => {});
      resolve({ address: withPort(address, boundPort(server)), close: () => server.close() });
    });
  });
}

function boundPort(server: Server): number {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}
