import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket, connect as tcpConnect } from 'node:net';

/**
 * A TCP load balancer without health checks, on one loopback address: each connection goes to the
 * next of its targets that accepts it.
 */
export async function startLoadBalancer(ports: readonly number[]): Promise<{
  readonly address: string;
  stop(): Promise<void>;
}> {
  const sockets = new Set<Socket>();
  const server = createServer();
  let turn = 0;
  server.on('connection', (client) => {
    const port = ports[turn % ports.length] as number;
    turn += 1;
    const target = tcpConnect({ host: '127.0.0.1', port });
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}
