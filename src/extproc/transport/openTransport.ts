import { GrpcJsTransport } from './grpcJs.ts';
import { NativeTransport, type NativeTransportOptions } from './native.ts';
import type { Transport } from './transport.ts';

/** The server that `server.transport` names. */
export function openTransport(kind: 'native' | 'grpc-js', options: NativeTransportOptions): Transport {
  switch (kind) {
    case 'native':
      return new NativeTransport(options);
    case 'grpc-js':
      return new GrpcJsTransport(options);
    default:
      return kind satisfies never;
  }
}
