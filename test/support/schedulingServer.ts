import { Exchanges } from '../../src/extproc/exchanges.ts';
import { HealthStatus } from '../../src/extproc/healthStatus.ts';
import { openExtProcServer } from '../../src/extproc/openExtProcServer.ts';
import type { GrpcServer } from '../../src/grpc/grpcServer.ts';
import type { GrpcServerKind } from '../../src/grpc/openGrpcServer.ts';
import { MemoryLedger } from '../../src/ledger/memoryLedger.ts';
import { PolicySet } from '../../src/scheduling/policySet.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { endpoints } from './endpoints.ts';
import { generousLimits, generousTotalLimits } from './generousLimits.ts';
import { recorderOf } from './recorderOf.ts';
import { seededRandom } from './seededRandom.ts';

/** The ext_proc port of an instance with three ready endpoints, 10.0.0.1:8000 and on. */
export class SchedulingServer {
  readonly server: GrpcServer;
  readonly ledger = new MemoryLedger();
  readonly exchanges: Exchanges;
  readonly unexpected: unknown[] = [];
  address = '';

  constructor(kind: GrpcServerKind, { maxMessageBytes = 8 * 1024 * 1024 } = {}) {
    const ready = endpoints(3);
    const random = seededRandom(1);
    const scheduler = new Scheduler({
      pool: { ready: () => ready, all: () => ready },
      ledger: this.ledger,
      policies: new PolicySet({ random }),
      rules: () => ({ policy: 'least-request', allowRequestPolicy: true, unknownPolicy: 'reject' }),
      random,
    });
    this.exchanges = new Exchanges({
      onStreamArrived: () => {},
      answersStreams: () => true,
      maxStreams: 1000,
      decide: (request) => scheduler.schedule(request),
      extraHeaders: [],
      retryAfterSeconds: 1,
      nowMs: () => performance.now(),
      recorder: recorderOf(),
    });
    this.server = openExtProcServer(kind, {
      acceptStream: (stream) => this.exchanges.accept(stream),
      health: new HealthStatus({ onCheckArrived: () => {}, takesTraffic: () => true, isFit: () => true }),
      maxMessageBytes,
      limits: generousLimits,
      totalLimits: generousTotalLimits,
      errors: { report: (error) => this.unexpected.push(error) },
    });
  }

  async listen(): Promise<this> {
    this.address = `127.0.0.1:${await this.server.listen({ host: '127.0.0.1', port: 0 })}`;
    return this;
  }
}
