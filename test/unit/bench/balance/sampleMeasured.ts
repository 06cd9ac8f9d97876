import type { BalanceSharing } from '../../../../bench/balance/environment.ts';
import type { MeasuredBalance } from '../../../../bench/balance/measure.ts';
import type { UpgradeRun } from '../../../../bench/balance/upgrade.ts';

/** A round in which every hundredth request waited so long. */
export function sampleRound(
  instances: number,
  sharing: BalanceSharing,
  round: number,
  p99Ms: number,
): MeasuredBalance {
  const isShared = sharing === 'on';
  return {
    instances,
    sharing,
    round,
    failed: 0,
    queuedMs: Array.from({ length: 1000 }, (_, index) => (index < 20 ? p99Ms : 0)),
    simulatedP99Ms: p99Ms - 10,
    maxOverMean: { mean: 1.2, p99: 1.6 },
    viewAge: isShared ? { p50Ms: 5, p99Ms: 12, worstP99Ms: 30 } : undefined,
    rates: {
      cpu: { instance: 4, envoy: 8, etcd: 6, pods: 9 },
      etcd: { writes: 100, bytesIn: 30_000, bytesOut: 60_000 },
      fsyncMs: 1.5,
      lags: isShared ? { all: 1000, within50Ms: 995 } : { all: 0, within50Ms: 0 },
    },
  };
}

/** An upgrade from second 10 to second 20 of 30. */
export function sampleUpgrade(sharing: BalanceSharing, failed = 0): UpgradeRun {
  const moments = Array.from({ length: 300 }, (_, nth) => nth * 100);
  const part = { requests: 100, maxOverMean: 1.25, p50Ms: 0, p99Ms: 90 };
  return {
    instances: 3,
    sharing,
    requests: 300,
    failed,
    fromMs: 10_000,
    toMs: 20_000,
    endMs: 30_000,
    samples: moments.map((atMs) => ({ atMs, maxOverMean: 1.25 })),
    answers: moments.map((atMs) => ({ atMs, tookMs: 100, queuedMs: 10, isOk: true })),
    parts: [
      { name: 'before', ...part },
      { name: 'during', ...part },
      { name: 'after', ...part },
    ],
  };
}
