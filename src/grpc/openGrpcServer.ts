import { BuiltinServer, type BuiltinServerOptions } from './builtinServer.ts';
import { GrpcJsServer } from './grpcJsServer.ts';
import type { GrpcServer } from './grpcServer.ts';

export type GrpcServerKind = 'builtin' | 'grpc-js';

export function openGrpcServer(kind: GrpcServerKind, options: BuiltinServerOptions): GrpcServer {
  switch (kind) {
    case 'builtin':
      return new BuiltinServer(options);
    case 'grpc-js':
      return new GrpcJsServer(options);
    default:
      return kind satisfies never;
  }
}
