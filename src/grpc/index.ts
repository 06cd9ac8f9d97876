/** What the package exports as `baton/grpc`: the HTTP/2 and gRPC server as a library. */
export { BuiltinServer, type BuiltinServerOptions } from './builtinServer.ts';
export type { Http2Limits } from './http2/limits.ts';
export { type GrpcServer, type GrpcServerOptions, ListenError } from './server.ts';
export type { ServerStream, StreamHandler } from './serverStream.ts';
