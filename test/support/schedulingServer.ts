import type { AibrixMode } from '../../src/extproc/aibrixMode.ts';
import { Exchanges } from '../../src/extproc/exchanges.ts';
import type { FullDuplexRules } from '../../src/extproc/fullDuplex/fullDuplexRules.ts';
import { HealthStatus } from '../../src/extproc/healthStatus.ts';
import { extprocMetrics } from '../../src/extproc/metrics.ts';
import type { ModelRewriter } from '../../src/extproc/modelRewriter.ts';
import { type ExtProcServerOptions, openExtProcServer } from '../../src/extproc/openExtProcServer.ts';
import { OwnMode } from '../../src/extproc/ownMode.ts';
import type { RouteReplyOptions } from '../../src/extproc/routeReplies.ts';
import type { GrpcServer } from '../../src/grpc/grpcServer.ts';
import type { GrpcServerKind } from '../../src/grpc/openGrpcServer.ts';
import { MemoryLedger } from '../../src/ledger/memoryLedger.ts';
import { newestScheme } from '../../src/prefix/hashingSchemes.ts';
import { noRequestHeaders, type RequestHeaders } from '../../src/request/requestHeaders.ts';
import type { Endpoint } from '../../src/scheduling/endpoint.ts';
import type { PolicyName } from '../../src/scheduling/policies/index.ts';
import { PolicySet } from '../../src/scheduling/policySet.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { traitsOf } from '../../src/scheduling/traits.ts';
import { createInstruments } from '../../src/telemetry/instruments.ts';
import { type Log, silentLog } from '../../src/telemetry/log.ts';
import { endpoints } from './endpoints.ts';
import { generousLimits, generousTotalLimits } from './generousLimits.ts';
import { recorderOf } from './recorderOf.ts';
import { seededRandom } from './seededRandom.ts';

export interface SchedulingServerOptions extends Partial<ExtProcServerOptions> {
  /** Default: three, 10.0.0.1:8000 and on. Where their models differ, bodies are asked for. */
  readonly ready?: readonly Endpoint[];
  /** Further parts of a request that are read. */
  readonly reads?: Partial<RequestHeaders>;
  /** Default: least-request. */
  readonly policy?: PolicyName;
  readonly rewriter?: ModelRewriter;
  /** Default 1 MiB. */
  readonly bufferedBytes?: number;
  /** Default: streams are finished behind the request, which counts no more. */
  readonly fullDuplex?: FullDuplexRules;
  /** Default: none. */
  readonly log?: Log;
  readonly replies?: RouteReplyOptions;
  readonly aibrix?: AibrixMode;
  readonly echoesServed?: boolean;
}

/** The ext_proc port of an instance with ready endpoints. */
export class SchedulingServer {
  readonly server: GrpcServer;
  readonly ledger = new MemoryLedger();
  readonly exchanges: Exchanges;
  readonly unexpected: unknown[] = [];
  address = '';

  readonly metrics = createInstruments(extprocMetrics);

  constructor(
    kind: GrpcServerKind,
    {
      ready = endpoints(3),
      reads = {},
      policy = 'least-request',
      rewriter,
      bufferedBytes = 1_048_576,
      fullDuplex,
      log = silentLog,
      replies = {},
      aibrix,
      echoesServed = false,
      ...options
    }: SchedulingServerOptions = {},
  ) {
    const random = seededRandom(1);
    const scheduler = new Scheduler({
      pool: { ready: () => ready, all: () => ready },
      ledger: this.ledger,
      policies: new PolicySet({ random }),
      rules: () => ({ policy, allowRequestPolicy: true, unknownPolicy: 'reject' }),
      random,
    });
    this.exchanges = new Exchanges({
      onStreamArrived: () => {},
      answersStreams: () => true,
      maxStreams: 1000,
      requestHeaders: () => ({
        ...noRequestHeaders,
        models: ['x-model'],
        promptInBody: policy === 'prefix',
        modelInBody: traitsOf(ready).modelsDiffer ? 'decides' : 'unread',
        ...reads,
      }),
      decide: (request) => scheduler.schedule(request),
      bodies: {
        preview: (request) => scheduler.preview(request),
        reserve: (route) => scheduler.reserve(route),
        bufferedBytes,
        schemes: () => [newestScheme],
      },
      rewriter,
      retryAfterSeconds: 1,
      nowMs: () => performance.now(),
      ...(fullDuplex && { fullDuplex }),
      ownMode: new OwnMode(this.metrics, log),
      replies,
      aibrix,
      echoesServed,
      recorder: recorderOf(this.metrics),
    });
    this.server = openExtProcServer(kind, {
      acceptStream: (stream) => this.exchanges.accept(stream),
      health: new HealthStatus({ onCheckArrived: () => {}, takesTraffic: () => true, isFit: () => true }),
      maxMessageBytes: 8 * 1024 * 1024,
      limits: generousLimits,
      totalLimits: generousTotalLimits,
      errors: { report: (error) => this.unexpected.push(error) },
      ...options,
    });
  }

  async listen(): Promise<this> {
    this.address = `127.0.0.1:${await this.server.listen({ host: '127.0.0.1', port: 0 })}`;
    return this;
  }
}
