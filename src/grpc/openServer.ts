import { BuiltinServer, type BuiltinServerOptions } from './builtinServer.ts';
import { GrpcJsServer } from './grpcJsServer.ts';
import type { GrpcServer } from './server.ts';

/** The server that `server.transport` names. */
export function openGrpcServer(kind: 'builtin' | 'grpc-js', options: BuiltinServerOptions): GrpcServer {
  switch (kind) {
    case 'builtin':
      return new BuiltinServer(options);
    case 'grpc-js':
      return new GrpcJsServer(options);
    default:
      return kind satisfies never;
  }
}
