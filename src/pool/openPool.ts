import { AddressRanges } from '../config/addressRanges.ts';
import { readProcessEnv } from '../config/processEnv.ts';
import type { OnRecordSkipped } from '../proto/records/recordKeys.ts';
import { stateCodecs } from '../proto/stateCodecs.ts';
import type { AliasTable } from '../scheduling/modelAliases.ts';
import type { Log } from '../telemetry/log.ts';
import { LogInterval } from '../telemetry/logInterval.ts';
import { CompositePool } from './compositePool.ts';
import { FileSource } from './fileSource.ts';
import type { KubernetesSettings } from './kubernetes/access.ts';
import { KubernetesSource } from './kubernetes/kubernetesSource.ts';
import type { PoolMetrics } from './metrics.ts';
import { ModelReadingSource } from './modelReadingSource.ts';
import type { EndpointSource, PoolReport } from './pool.ts';
import { Prober, type ProberOptions } from './prober.ts';
import { RegisteredSource } from './registeredSource.ts';
import { StaticSource } from './staticSource.ts';

/** Each probe fails while it lasts, so one line in this time is enough. */
const localFailureLogMs = 10_000;

/** The section `pool` of the configuration. */
export interface PoolSettings {
  readonly endpoints: readonly unknown[];
  readonly file?: string;
  /** Those registered in etcd as well. */
  readonly etcd: boolean;
  /** Ranges of addresses that may register; empty: any. */
  readonly allow: readonly string[];
  readonly kubernetes: KubernetesSettings;
  readonly dnsRefreshMs: number;
  /** Ask endpoints for their models where no source names them. */
  readonly readModels: boolean;
  readonly probe: ProberOptions & { readonly enabled: boolean; readonly panicPercent: number };
}

/** The pool of the sources that are configured, not started. */
export function openPool(
  { endpoints, file, etcd, allow, kubernetes, dnsRefreshMs, readModels, probe }: PoolSettings,
  {
    log,
    metrics,
    onPanic,
    onVerdict,
    onAliases,
    onSkipped,
  }: Required<Pick<PoolReport, 'onPanic' | 'onVerdict'>> & {
    readonly log: Log;
    readonly metrics: PoolMetrics;
    readonly onSkipped: OnRecordSkipped;
    readonly onAliases: (table: AliasTable) => void;
  },
): CompositePool {
  const report: PoolReport = {
    log,
    count: (trouble, source) => {
      if (trouble !== 'duplicate-endpoint') metrics.reloadFailures.add(source);
    },
    onPanic,
    onVerdict,
  };
  const sources: EndpointSource[] = [];
  if (endpoints.length > 0) sources.push(new StaticSource(endpoints, { dnsRefreshMs, report }));
  if (file !== undefined) sources.push(new FileSource(file, { dnsRefreshMs, report }));
  if (etcd) {
    const allows = allow.length > 0 ? new AddressRanges(allow) : undefined;
    sources.push(new RegisteredSource({ codec: stateCodecs.registeredEndpoint, allows, onSkipped }));
  }
  if (kubernetes.inferencePool !== undefined || kubernetes.selector !== undefined) {
    const { environment } = readProcessEnv();
    sources.push(new KubernetesSource(kubernetes, { report, environment, onAliases }));
  }
  const described = readModels ? sources.map((source) => new ModelReadingSource(source)) : sources;
  const logInterval = new LogInterval(localFailureLogMs);
  const onLocalFailure = (reason: string): void => {
    metrics.probesNotMade.add();
    logInterval.log((suppressed) => {
      log.warn(
        { event: 'endpoint.not-probed', reason, suppressed },
        'endpoints cannot be probed, for a reason of this process or machine; they stay as they are',
      );
    });
  };
  const health = probe.enabled ? new Prober({ ...probe, onLocalFailure }) : undefined;
  return new CompositePool({ sources: described, report, health, panicPercent: probe.panicPercent });
}
