import type { Config } from '../config/schema.ts';
import type { DiscoveryServices } from '../eds/discoveryServices.ts';
import { reportReachedLimits } from '../extproc/connectionLimits.ts';
import { foreignProtocolLog } from '../extproc/foreignProtocolLog.ts';
import { type HealthPredicates, HealthStatus } from '../extproc/healthStatus.ts';
import { openExtProcServer } from '../extproc/openExtProcServer.ts';
import { PoolStreams } from '../extproc/poolStreams.ts';
import type { UnexpectedErrors } from '../extproc/unexpectedErrors.ts';
import type { GrpcServer } from '../grpc/grpcServer.ts';
import type { StreamHandler } from '../grpc/serverStream.ts';
import { isFit, type Phase, takesTraffic } from '../phase.ts';
import type { Log } from '../telemetry/log.ts';
import { createCertificates } from './certificateParts.ts';
import { createDiscovery } from './discoveryParts.ts';
import { HealthPort } from './healthPort.ts';
import type { PortHealth } from './host.ts';
import type { ProcessMetrics } from './instruments.ts';
import type { PoolParts } from './poolParts.ts';
import type { ProxyContact } from './proxyContact.ts';

/** What Envoy talks to. */
export interface PortParts {
  readonly grpcServer: GrpcServer;
  readonly health: HealthStatus;
  readonly healthPort: HealthPort;
  readonly discovery: DiscoveryServices;
}

export interface PortPartsOptions {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: ProcessMetrics;
  readonly errors: UnexpectedErrors;
  readonly proxy: ProxyContact;
  readonly pools: readonly PoolParts[];
  readonly phase: () => Phase;
  /** The health of the port, where several instances share it. */
  readonly portHealth: PortHealth | undefined;
}

/** Not open yet. */
export function createPortParts(options: PortPartsOptions): PortParts {
  const { config, errors, log, metrics, phase, pools, portHealth, proxy } = options;
  const { limits, server } = config;
  const predicates: HealthPredicates = {
    takesTraffic: () => portHealth?.takesTraffic() ?? takesTraffic(phase()),
    isFit: () => portHealth?.isFit() ?? isFit(phase()),
  };
  const detectPause = (): void => {
    for (const { sharing } of pools) if (sharing.kind === 'etcd') sharing.pauseDetector.check();
  };
  const health = new HealthStatus({
    ...predicates,
    onCheckArrived: (isProxys) => {
      detectPause();
      if (isProxys) proxy.checked();
    },
  });
  const healthPort = new HealthPort({
    ...predicates,
    address: server.healthAddress,
    transport: server.transport,
    onCheckArrived: detectPause,
    onUnexpectedError: (error, where) => errors.report(error, where),
  });
  const discovery = createDiscovery(pools, log, metrics);
  const rewritesBodies = pools.some((pool) => pool.rewritesBodies);
  const grpcServer = openExtProcServer(server.transport, {
    acceptStream: streamHandler(options),
    otherHandlers: discovery.handlers,
    endOthers: () => discovery.endStreams(),
    health,
    errors,
    maxMessageBytes: server.maxMessageBytes,
    acceptsCompressed: server.acceptsCompressed,
    // Replies with changed bodies are large: a connection may use half of what all may hold.
    limits: rewritesBodies
      ? { ...limits.connection, queuedBytes: limits.bufferBytes / 2 }
      : limits.connection,
    totalLimits: limits,
    onReachedLimit: reportReachedLimits(log, metrics),
    certificates: createCertificates(config, log),
    onForeignProtocol: foreignProtocolLog(log),
  });
  return { grpcServer, health, healthPort, discovery };
}

/** With one pool, its exchanges take the streams themselves. */
function streamHandler({ config, metrics, pools }: PortPartsOptions): StreamHandler {
  const [first, ...others] = pools;
  if (first !== undefined && others.length === 0) return (stream) => first.exchanges.accept(stream);
  const streams = new PoolStreams({
    pools: pools.map(({ config: { matches }, exchanges }) => ({ matches, exchanges })),
    maxStreams: config.limits.maxStreams,
    onWithoutPool: (why) => metrics.streamsWithoutPool.add(why),
  });
  return (stream) => streams.accept(stream);
}
