import { TimelineRecorder } from '../../../tools/rehearsal/timeline.ts';
import { sampleState } from '../admin/sampleState.ts';

const counts = { sent: 5, ok: 2, failed: 1, cut: 0, aborted: 0, inFlight: 2 };
const endpoint = {
  address: '127.0.0.1:8001',
  ready: true,
  fault: null,
  weight: 1,
  models: [],
  local: 2,
  view: 6.25,
  load: 6.25,
  countedBy: 'exact' as const,
  health: 'trusted' as const,
  quarantine: null,
  reading: null,
  prefixBias: 1,
};
const ready = { ...sampleState, pool: [endpoint, { ...endpoint, local: 1, view: 3 }] };
const inPhase = (phase: 'starting' | 'draining') => ({ ...ready, instance: { ...ready.instance, phase } });

describe('when an instance goes through its phases', () => {
  const recorder = new TimelineRecorder(['a']);
  const moments = [ready, ready, inPhase('draining'), undefined, undefined, inPhase('starting'), ready];
  for (const [nth, state] of moments.entries()) recorder.sample(nth * 100, counts, [state]);
  const { atMs, instances } = recorder.timeline();

  it('has one span per phase, without gaps', () => {
    const spans = instances[0]?.spans.map(({ phase, fromMs, toMs }) => [phase, fromMs, toMs]);
    expect(spans).toEqual([
      ['ready', 0, 200],
      ['draining', 200, 300],
      ['down', 300, 500],
      ['starting', 500, 600],
      ['ready', 600, 600],
    ]);
  });

  it('has its counts over all pods, and none while it does not answer', () => {
    expect(instances[0]?.local).toEqual([3, 3, 3, null, null, 3, 3]);
    expect(instances[0]?.view.slice(2, 4)).toEqual([9.3, null]);
  });

  it('has no view age before the first decision', () => {
    expect(instances[0]?.viewAgeMs).toEqual([12, 12, 12, null, null, null, 12]);
  });

  it('has the lag of the last write as the age of a watched view', () => {
    const lagging = new TimelineRecorder(['a']);
    const store = { ...ready.store, viewAgeMs: 0, syncLagMs: { p50: 3, p99: 9, last: 4.26 } };
    lagging.sample(0, counts, [{ ...ready, store }]);
    lagging.sample(1, counts, [{ ...ready, store: { ...store, viewAgeMs: 1500 } }]);
    lagging.sample(2, counts, [{ ...ready, store: { ...store, viewAgeMs: null } }]);
    expect(lagging.timeline().instances[0]?.viewAgeMs).toEqual([4.3, 1500, null]);
  });

  it('has columns of equal length', () => {
    expect(instances[0]?.local).toHaveLength(atMs.length);
    expect(recorder.timeline().load.failed).toHaveLength(atMs.length);
  });
});

it('starts a new span when the release changes without the phase', () => {
  const recorder = new TimelineRecorder(['a']);
  const next = { ...ready, instance: { ...ready.instance, release: '1.2.0', generation: 3 } };
  recorder.sample(0, counts, [ready]);
  recorder.sample(100, counts, [next]);
  expect(recorder.timeline().instances[0]?.spans).toMatchObject([{ release: '1.1.0' }, { release: '1.2.0' }]);
});
