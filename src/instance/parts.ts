import { performance } from 'node:perf_hooks';
import { EventLog } from '../admin/eventLog.ts';
import { DynamicConfig } from '../config/dynamic/dynamicConfig.ts';
import type { Config } from '../config/schema.ts';
import { EtcdSession } from '../etcd/etcdSession.ts';
import { DecisionRecorder } from '../extproc/decisionRecorder.ts';
import { Exchanges } from '../extproc/exchanges.ts';
import { HealthStatus } from '../extproc/healthStatus.ts';
import { openExtProcServer } from '../extproc/openExtProcServer.ts';
import { CertificateFiles } from '../extproc/tls/certificateFiles.ts';
import type { GrpcServer } from '../grpc/grpcServer.ts';
import { ConsistencyCheck } from '../ledger/consistencyCheck.ts';
import { EtcdLedger } from '../ledger/etcdLedger.ts';
import { MemoryLedger } from '../ledger/memoryLedger.ts';
import type { Sharing } from '../ledger/sharing.ts';
import { answersStreams, isFit, takesTraffic } from '../phase.ts';
import type { CompositePool } from '../pool/compositePool.ts';
import { openPool } from '../pool/openPool.ts';
import type { InstanceRecord } from '../proto/records/instanceRecord.ts';
import { createPolicies } from '../scheduling/policies/index.ts';
import { Scheduler } from '../scheduling/scheduler.ts';
import { SteeringController } from '../steering/steeringController.ts';
import type { Log } from '../telemetry/log.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { FirstDecisionProbe } from './firstDecisionProbe.ts';
import type { PortHealth } from './host.ts';
import { type InstanceMetrics, instanceMetrics } from './instruments.ts';
import { Lifecycle } from './lifecycle.ts';

/** The parts of one instance, wired in the order a request meets them. Nothing is started yet. */
export interface InstanceParts {
  readonly config: Config;
  readonly telemetry: Telemetry;
  readonly metrics: InstanceMetrics;
  readonly startedAt: Date;
  readonly lifecycle: Lifecycle;
  readonly events: EventLog;
  readonly transport: GrpcServer;
  readonly health: HealthStatus;
  readonly exchanges: Exchanges;
  readonly consistencyCheck: ConsistencyCheck;
  readonly firstDecisionProbe: FirstDecisionProbe;
  readonly pool: CompositePool;
  readonly sharing: Sharing;
  /** What is in force of `config`, now. */
  readonly dynamic: DynamicConfig;
  /** undefined without a shared store: who is alone serves. */
  readonly steering: SteeringController | undefined;
}

/** A clock that never jumps, in ms. */
export const nowMs = (): number => performance.now();

/** @param portHealth what the port says, where this instance shares it with others */
export function assemble(config: Config, telemetry: Telemetry, portHealth?: PortHealth): InstanceParts {
  const { log, trace } = telemetry;
  const metrics = telemetry.instruments(instanceMetrics);
  const startedAt = new Date();
  const lifecycle = new Lifecycle();
  const events = new EventLog({ now: () => new Date() });
  const self = (): SelfNow => ({
    phase: steering?.announcedPhase() ?? lifecycle.phase,
    withoutEndpoints: pool.ready().length === 0,
  });
  const live = new DynamicConfig({
    own: config,
    onChange: (now) => {
      telemetry.setLogLevel(now.telemetry.logLevel);
      if (sharing.kind === 'etcd') sharing.ledger.writeBudgetChanged();
    },
    events,
    log,
    metrics,
  });
  const sharing: Sharing = openSharing(config, live, { log, metrics }, events, self, startedAt);
  const hasStore = sharing.kind === 'etcd';
  const pool: CompositePool = openPool(
    { ...config.pool, etcd: config.pool.etcd && hasStore },
    { log, metrics },
  );
  const steering = openSteering(config, { log, metrics }, events, sharing, lifecycle, self);
  if (steering !== undefined) pool.onChange(() => steering.endpointsChanged());

  const { scheduling, limits, server } = config;
  const scheduler = new Scheduler({
    pool,
    ledger: sharing.ledger,
    policies: createPolicies({ random: Math.random }),
    rules: () => live.config.scheduling,
    random: Math.random,
  });
  const firstDecision = new FirstDecisionProbe((first) => {
    log.info(first, 'first decision');
    events.add('first-decision', `first decision: ${first.endpoint}`, { ...first });
  });
  const recorder = new DecisionRecorder({
    defaultPolicy: () => live.config.scheduling.policy,
    metrics,
    trace,
    log,
  });
  const exchanges = new Exchanges({
    onStreamArrived: () => steering?.detectPause(),
    answersStreams: () => answersStreams(lifecycle.phase),
    maxStreams: limits.maxStreams,
    decide: firstDecision.wrap((facts) => scheduler.schedule(facts), sharing.ledger),
    extraHeaders: scheduling.destinationHeaders,
    retryAfterSeconds: scheduling.retryAfterSeconds,
    nowMs,
    recorder,
  });
  const consistencyCheck = new ConsistencyCheck({
    sharing,
    ownId: config.instance.id,
    reserved: () => exchanges.reserved(),
    intervalMs: config.consistency.intervalMs,
    timeoutMs: config.etcd.leaseTtlSeconds * 1000,
    nowMs,
    onDifferences: (differences) => events.add('consistency', 'counts were wrong', { differences }),
    log,
    metrics,
  });
  const health = new HealthStatus({
    onCheckArrived: () => steering?.detectPause(),
    takesTraffic: () => portHealth?.takesTraffic() ?? takesTraffic(lifecycle.phase),
    isFit: () => portHealth?.isFit() ?? isFit(lifecycle.phase),
  });
  portHealth?.onChange(() => health.changed());
  const transport = openExtProcServer(server.transport, {
    acceptStream: (stream) => exchanges.accept(stream),
    health,
    maxMessageBytes: server.maxMessageBytes,
    limits: limits.connection,
    certificates: openCertificateFiles(server.tls, log),
  });
  return {
    config,
    telemetry,
    metrics,
    startedAt,
    lifecycle,
    events,
    transport,
    health,
    exchanges,
    consistencyCheck,
    firstDecisionProbe: firstDecision,
    pool,
    sharing,
    dynamic: live,
    steering,
  };
}

function openCertificateFiles(tls: Config['server']['tls'], log: Log): CertificateFiles | undefined {
  const { certFile, keyFile, clientCaFile } = tls;
  if (certFile === undefined || keyFile === undefined) return undefined;
  return new CertificateFiles({ certFile, keyFile, ...(clientCaFile && { clientCaFile }) }, { log });
}

/** What an instance tells of itself that changes over its life. */
type SelfNow = Pick<InstanceRecord, 'phase' | 'withoutEndpoints'>;

interface Recording {
  readonly log: Log;
  readonly metrics: InstanceMetrics;
}

function openSharing(
  config: Config,
  live: DynamicConfig,
  { log, metrics }: Recording,
  events: EventLog,
  self: () => SelfNow,
  startedAt: Date,
): Sharing {
  if (config.etcd.endpoints.length === 0) return { kind: 'memory', ledger: new MemoryLedger() };
  const { instance, sync, etcd, server, pool } = config;
  const store = new EtcdSession({ ...etcd, prefix: `${etcd.prefix}/${pool.name}/` });
  const ledger = new EtcdLedger({
    store,
    ownId: instance.id,
    startedUnixMs: startedAt.getTime(),
    self: () => ({
      ...self(),
      release: instance.release,
      generation: instance.generation,
      addresses: [server.address],
      zone: instance.zone,
    }),
    writeBudget: () => live.config.sync,
    staleDecayMs: sync.staleDecayMs,
    timeoutMs: etcd.leaseTtlSeconds * 1000,
    nowMs,
    unixMs: Date.now,
    onHandoff: (instance, { counts, ttlMs }) => {
      const fields = { instance, counts: Object.fromEntries(counts), ttlMs };
      log.info(fields, 'requests were left behind');
      events.add('handoff', `${instance} left requests behind`, fields);
    },
    log,
    metrics,
  });
  return { kind: 'etcd', ledger, store };
}

function openSteering(
  { upgrade, instance, startup, etcd }: Config,
  { log, metrics }: Recording,
  events: EventLog,
  sharing: Sharing,
  lifecycle: Lifecycle,
  self: () => SelfNow,
): SteeringController | undefined {
  if (sharing.kind === 'memory') return undefined;
  const { store, ledger } = sharing;
  return new SteeringController({
    mode: upgrade.steering,
    id: instance.id,
    generation: instance.generation,
    minReady: upgrade.minReady,
    settleMs: upgrade.settleMs,
    storeWaitMs: startup.storeWaitMs,
    leaseTtlMs: etcd.leaseTtlSeconds * 1000,
    lifecycle,
    store,
    ledger,
    isWithoutEndpoints: () => self().withoutEndpoints,
    nowMs,
    onEvent: (message, fields) => {
      log.info(fields, `steering: ${message}`);
      events.add('steering', message, fields);
    },
    onUnreadable: (key, cause) => {
      metrics.recordsSkipped.add('target');
      log.warn({ kind: 'target', key, cause: String(cause) }, 'record skipped: it cannot be read');
    },
  });
}
