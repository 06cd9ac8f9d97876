import type { BuiltinServerOptions } from '../grpc/builtinServer.ts';
import type { GrpcServer } from '../grpc/grpcServer.ts';
import { type GrpcServerKind, openGrpcServer } from '../grpc/openGrpcServer.ts';
import type { StreamHandler } from '../grpc/serverStream.ts';
import { externalProcessorService } from '../proto/services.ts';
import { HealthService } from './healthService.ts';
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
  /** Other services of the port, by path. */
  readonly otherHandlers?: ReadonlyMap<string, StreamHandler>;
  /** To be called when the server closes, for calls of those services that clients never end. */
  readonly endOthers?: () => void;
  readonly health: HealthStatus;
  readonly errors: Pick<UnexpectedErrors, 'report'>;
}

/** The gRPC server of the ext_proc port: ExternalProcessor, Health, and other services. */
export function openExtProcServer(kind: GrpcServerKind, options: ExtProcServerOptions): GrpcServer {
  const { acceptStream, health, errors, otherHandlers = [], endOthers, ...serverOptions } = options;
  const healthService = new HealthService(health);
  const { path } = externalProcessorService.Process;
  return openGrpcServer(kind, {
    ...serverOptions,
    handlers: new Map([[path, acceptStream], ...healthService.handlers, ...otherHandlers]),
    loadPaths: new Set([path]),
    onClosing: () => {
      healthService.endWatches();
      endOthers?.();
    },
    onUnexpectedError: (error, where) => errors.report(error, where),
  });
}
