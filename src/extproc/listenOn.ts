import { BatonError } from '../errors.ts';
import { type GrpcServer, ListenError } from '../grpc/grpcServer.ts';
import { withPort } from '../hostPort.ts';
import { whereToListen } from '../listeningAddress.ts';

/**
 * Listens on a configured `host:port`.
 *
 * @returns the address that is bound: the same host, with the port that a 0 was replaced by
 * @throws BatonError `listen-failed`, or `tls-invalid` from the certificate
 */
export async function listenOn(server: GrpcServer, address: string): Promise<string> {
  try {
    return withPort(address, await server.listen(whereToListen(address)));
  } catch (cause) {
    if (!(cause instanceof ListenError)) throw cause;
    throw new BatonError('listen-failed', cause.message, { cause });
  }
}
