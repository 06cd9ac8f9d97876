/** What the package exports as `baton/grpc`: the HTTP/2 and gRPC server as a library. */
export { BuiltinServer, type BuiltinServerOptions } from './builtinServer.ts';
export type { ErrorSource, OnUnexpectedError } from './containErrors.ts';
export type { ForeignProtocol, OnForeignProtocol } from './foreignProtocol.ts';
export {
  type ConnectionAdopter,
  type GrpcServer,
  type GrpcServerOptions,
  type ListenAddress,
  ListenError,
  type ServerReport,
} from './grpcServer.ts';
export type { Http2Limits, OnReachedLimit, ReachedLimit, TotalLimits } from './http2/limits.ts';
export type { FailureStatus, ServerStream, ServerStreamListener, StreamHandler } from './serverStream.ts';
export type { Certificate, CertificateSource } from './tls/certificateSource.ts';
