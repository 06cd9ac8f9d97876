import type { BuiltinServerOptions } from '../grpc/builtinServer.ts';
import type { GrpcServer } from '../grpc/grpcServer.ts';
import { type GrpcServerKind, openGrpcServer } from '../grpc/openGrpcServer.ts';
import type { StreamHandler } from '../grpc/serverStream.ts';
import { externalProcessorService } from '../proto/services.ts';
import { GrpcServices } from './grpcServices.ts';
import type { HealthStatus } from './healthStatus.ts';
import type { UnexpectedErrors } from './unexpectedErrors.ts';

export interface ExtProcServerOptions
  extends Pick<
    BuiltinServerOptions,
    | 'maxMessageBytes'
    | 'acceptsCompressed'
    | 'limits'
    | 'totalLimits'
    | 'onReachedLimit'
    | 'certificates'
    | 'onForeignProtocol'
    | 'keepalive'
  > {
  /** Takes the ext_proc streams. */
  readonly acceptStream: StreamHandler;
  readonly health: HealthStatus;
  readonly errors: Pick<UnexpectedErrors, 'report'>;
}

/** The gRPC server of the ext_proc port with its services: ExternalProcessor and Health. */
export function openExtProcServer(kind: GrpcServerKind, options: ExtProcServerOptions): GrpcServer {
  const { acceptStream, health, errors, ...serverOptions } = options;
  const services = new GrpcServices(acceptStream, health);
  return openGrpcServer(kind, {
    ...serverOptions,
    handlers: services.handlers,
    loadPaths: new Set([externalProcessorService.Process.path]),
    onClosing: () => services.endWatches(),
    onUnexpectedError: (error, where) => errors.report(error, where),
  });
}
