import { httpGet } from '../../tools/testbed/httpGet.ts';
import type { Topology } from '../../tools/testbed/topology.ts';
import { cpuMs } from '../cpu.ts';
import type { PodFleet } from './podFleet.ts';
import { total } from './prometheus.ts';
import { mean } from './statistics.ts';

/** All totals that are measured by a difference, at one time. */
export interface BalanceReading {
  readonly atMs: number;
  readonly cpuMs: {
    readonly instances: readonly number[];
    readonly envoy: number;
    readonly etcd: number;
    readonly pods: number;
  };
  readonly etcd: {
    readonly writes: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
    readonly syncs: number;
    readonly syncSeconds: number;
  };
  /** Own writes that came back through the watch, and those within 50 ms. */
  readonly lags: { readonly all: number; readonly within50Ms: number };
}

/** The difference of two readings. */
export interface Rates {
  /** Processor time in percent of one core; of an instance on average. */
  readonly cpu: {
    readonly instance: number;
    readonly envoy: number;
    readonly etcd: number;
    readonly pods: number;
  };
  /** Per second; bytes on the wire between etcd and all its clients. */
  readonly etcd: { readonly writes: number; readonly bytesIn: number; readonly bytesOut: number };
  /** The time etcd needs to write to the disk. */
  readonly fsyncMs: number;
  readonly lags: BalanceReading['lags'];
}

export async function read({ envoy, etcd, instances }: Topology, pods: PodFleet): Promise<BalanceReading> {
  const metricsOf = async (url: string) => (await httpGet(`${url}/metrics`)).body;
  const ofEtcd = etcd ? await metricsOf(etcd.endpoint) : '';
  const ofInstances = await Promise.all(instances.map(({ adminUrl }) => metricsOf(adminUrl)));
  const lag = 'baton_sync_lag_seconds';
  const sumOf = (name: string, ...labels: string[]) =>
    ofInstances.reduce((sum, text) => sum + total(text, name, ...labels), 0);
  return {
    atMs: performance.now(),
    cpuMs: {
      instances: await Promise.all(instances.map(({ process }) => cpuMs(process.pid))),
      envoy: await cpuMs(envoy.process.pid),
      etcd: etcd ? await cpuMs(etcd.process.pid) : 0,
      pods: await cpuMs(pods.process.pid),
    },
    etcd: {
      writes: total(ofEtcd, 'etcd_mvcc_put_total'),
      bytesIn: total(ofEtcd, 'etcd_network_client_grpc_received_bytes_total'),
      bytesOut: total(ofEtcd, 'etcd_network_client_grpc_sent_bytes_total'),
      syncs: total(ofEtcd, 'etcd_disk_wal_fsync_duration_seconds_count'),
      syncSeconds: total(ofEtcd, 'etcd_disk_wal_fsync_duration_seconds_sum'),
    },
    lags: { all: sumOf(`${lag}_count`), within50Ms: sumOf(`${lag}_bucket`, 'le="0.05"') },
  };
}

export function ratesBetween(before: BalanceReading, after: BalanceReading): Rates {
  const tookMs = after.atMs - before.atMs;
  const percent = (from: number, to: number) => (100 * (to - from)) / tookMs;
  const perSecond = (of: keyof BalanceReading['etcd']) =>
    (1000 * (after.etcd[of] - before.etcd[of])) / tookMs;
  const syncs = after.etcd.syncs - before.etcd.syncs;
  return {
    cpu: {
      instance: mean(
        after.cpuMs.instances.map((ms, index) => percent(before.cpuMs.instances[index] ?? 0, ms)),
      ),
      envoy: percent(before.cpuMs.envoy, after.cpuMs.envoy),
      etcd: percent(before.cpuMs.etcd, after.cpuMs.etcd),
      pods: percent(before.cpuMs.pods, after.cpuMs.pods),
    },
    etcd: {
      writes: perSecond('writes'),
      bytesIn: perSecond('bytesIn'),
      bytesOut: perSecond('bytesOut'),
    },
    fsyncMs: syncs === 0 ? 0 : (1000 * (after.etcd.syncSeconds - before.etcd.syncSeconds)) / syncs,
    lags: {
      all: after.lags.all - before.lags.all,
      within50Ms: after.lags.within50Ms - before.lags.within50Ms,
    },
  };
}
