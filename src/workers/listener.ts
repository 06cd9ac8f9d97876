import { createServer, type Server, type Socket } from 'node:net';
import { BatonError } from '../errors.ts';
import { withPort } from '../hostPort.ts';
import { whereToListen } from '../listeningAddress.ts';

export interface GroupListener {
  /** The address that is bound. */
  readonly address: string;
  close(): void;
}

/**
 * Opens the port of a group. It accepts connections without reading them, for the workers to serve.
 * Only the parent holds the port, so it is free as soon as the parent ends.
 *
 * @throws BatonError `listen-failed`
 */
export function openListener(
  address: string,
  onConnection: (socket: Socket) => void,
): Promise<GroupListener> {
  const server = createServer({ noDelay: true, pauseOnConnect: true }, onConnection);
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new BatonError('listen-failed', `cannot listen on ${address}: ${cause.message}`, { cause }));
    });
    server.listen(whereToListen(address), () => {
      // A connection could not be accepted, for want of file descriptors. Its client reconnects.
      server.on('error', () => {});
      resolve({ address: withPort(address, boundPort(server)), close: () => server.close() });
    });
  });
}

function boundPort(server: Server): number {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}
