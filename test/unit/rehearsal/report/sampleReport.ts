import type { RehearsalReport } from '../../../../tools/rehearsal/report/report.ts';

/** One upgrade of two instances over eight seconds, in which nothing went wrong. */
const atMs = Array.from({ length: 33 }, (_, nth) => nth * 250);
const none = atMs.map(() => 0);

export const sampleReport: RehearsalReport = {
  format: 1,
  passed: true,
  failures: [],
  startedAt: '2026-05-04T03:02:01.000Z',
  durationMs: 8000,
  setup: {
    from: { release: 'old' },
    to: { release: 'new' },
    replicas: 2,
    pods: 1,
    clients: 10,
    requestsPerSecond: 1,
    streamSeconds: 1,
    upgrades: 1,
    rollbacks: 0,
    externalEtcd: [],
    externalPods: [],
    reportDir: 'rehearsal-report',
  },
  facts: {
    processor: 'a processor',
    processors: 2,
    memoryGiB: 8,
    loadPerProcessor: 0.5,
    platform: 'linux x64',
    versions: { baton: '0.1.0', node: '24.0.0', envoy: '1.36.0', etcd: '3.6.0' },
  },
  requests: {
    sent: 80,
    ok: 80,
    failed: 0,
    cut: 0,
    aborted: 0,
    inFlight: 0,
    byPod: { 'pod-1': 80 },
    latencyMs: { p50: 1000, p99: 1200, max: 1300 },
    problems: [],
  },
  pods: { '127.0.0.1:8001': 'pod-1' },
  steps: [
    {
      kind: 'upgrade',
      nth: 1,
      from: 'old·1',
      to: 'new·2',
      fromMs: 1000,
      toMs: 7000,
      instances: [
        {
          name: 'a',
          drainMs: 2000,
          startMs: 500,
          firstDecision: {
            atMs: 4000,
            isLoaded: true,
            believed: { '127.0.0.1:8001': 9 },
            othersCounted: { '127.0.0.1:8001': 10 },
            believedTotal: 9,
            othersTotal: 10,
          },
        },
        { name: 'b', drainMs: 2100, startMs: 600, firstDecision: null },
      ],
    },
  ],
  timeline: {
    atMs,
    load: {
      sent: atMs.map((ms) => 10 + ms / 100),
      ok: atMs.map((ms) => ms / 100),
      failed: none,
      cut: none,
      inFlight: atMs.map(() => 10),
    },
    instances: [
      {
        name: 'a',
        spans: [{ fromMs: 0, toMs: 8000, phase: 'ready', release: 'old', generation: 1 }],
        local: atMs.map(() => 6),
        view: atMs.map(() => 10),
        viewAgeMs: atMs.map((_, nth) => (nth === 5 ? 40 : 2)),
      },
      {
        name: 'b',
        spans: [{ fromMs: 0, toMs: 8000, phase: 'ready', release: 'old', generation: 1 }],
        local: atMs.map((ms) => (ms > 4000 ? null : 4)),
        view: atMs.map(() => 10),
        viewAgeMs: none,
      },
    ],
  },
};
