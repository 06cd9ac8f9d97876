import type { RehearsedFault } from '../../../tools/rehearsal/faults.ts';
import {
  findPromptLosses,
  type PromptSample,
  type SaidTurn,
  windowMs,
  windowsOf,
} from '../../../tools/rehearsal/promptWindows.ts';

/** So many requests in each window, of which pods had this share of what was said before. */
function samples(shares: readonly number[], requests = 100): PromptSample[] {
  return shares.flatMap((share, window) =>
    Array.from({ length: requests }, (_, nth) => ({
      atMs: window * windowMs + (nth * windowMs) / requests,
      promptTokens: 2_000,
      said: [{ atMs: (window - 1) * windowMs, promptTokens: 1_000 }],
      cachedTokens: 1_000 * share,
      firstTokenMs: nth,
    })),
  );
}

describe('what conversations find in the caches of pods', () => {
  it('is counted in windows', () => {
    expect(windowsOf(samples([1, 0.5]), [])).toMatchObject([
      {
        fromMs: 0,
        toMs: windowMs,
        requests: 100,
        hitRate: 0.5,
        foundShare: 1,
        firstTokenMs: { p50: 50, p99: 99 },
      },
      { fromMs: windowMs, requests: 100, hitRate: 0.25, foundShare: 0.5 },
    ]);
  });

  it('counts tokens that others have said as cached, and not as said before', () => {
    const [window] = windowsOf(
      samples([1]).map((sample) => ({ ...sample, cachedTokens: 1_500 })),
      [],
    );
    expect(window).toMatchObject({ hitRate: 0.75, foundShare: 1 });
  });
});

describe('the gate of a rehearsal with conversations', () => {
  const gate = { changeMs: 3 * windowMs, mostPointsLost: 2, faults: [] };

  it('passes while no window finds much less than before', () => {
    expect(findPromptLosses(samples([0.1, 0.95, 0.95, 0.94, 0.935, 0.97]), gate)).toEqual([]);
  });

  it('fails by each window that does', () => {
    expect(findPromptLosses(samples([0.1, 0.95, 0.95, 0.92, 0.95, 0.5]), gate)).toEqual([
      'from 15 s pods had 92.0 % of what was said before in their caches, 95.0 % before the upgrade',
      'from 25 s pods had 50.0 % of what was said before in their caches, 95.0 % before the upgrade',
    ]);
  });

  it('asks for less where all instances were killed, or etcd was away', () => {
    const faults: RehearsedFault[] = [
      { kind: 'one-killed', fromMs: 3 * windowMs + 1, toMs: 3 * windowMs + 2 },
      { kind: 'all-killed', fromMs: 4 * windowMs + 1, toMs: 4 * windowMs + 2 },
      { kind: 'etcd-away', fromMs: 8 * windowMs + 1, toMs: 8 * windowMs + 2 },
    ];
    const found = (shares: readonly number[]): string[] =>
      findPromptLosses(samples([0.1, 0.95, 0.95, ...shares]), { ...gate, faults }).map(
        (loss) => loss.split(' ', 2)[1] ?? '',
      );
    expect(found([0.94, 0.5, 0.925, 0.925, 0.94, 0.87, 0.87, 0.94])).toEqual([]);
    expect(found([0.92, 0.5, 0.91, 0.91, 0.92, 0.85, 0.85, 0.92])).toEqual([
      '15',
      '25',
      '30',
      '35',
      '40',
      '45',
      '50',
    ]);
  });

  it('does not ask for turns that were placed while no instance ran', () => {
    const killed: RehearsedFault = { kind: 'all-killed', fromMs: 15_000, toMs: 18_000 };
    const turn = (atMs: number, promptTokens: number): SaidTurn => ({ atMs, promptTokens });
    const [sample] = samples([0.6]) as [PromptSample];
    const said = [turn(14_000, 600), turn(16_000, 800), turn(17_000, 1_000)];
    const after = { ...sample, said, atMs: 20_000, cachedTokens: 600 };
    expect(windowsOf([after], [killed])).toMatchObject([{ foundShare: 0.6, placedShare: 1 }]);
    const all = [...samples([1, 1, 1]), ...Array.from({ length: 100 }, () => after)];
    expect(findPromptLosses(all, { ...gate, faults: [killed] })).toEqual([]);
    const lost = all.map((each) => (each.atMs < 20_000 ? each : { ...each, cachedTokens: 500 }));
    expect(findPromptLosses(lost, { ...gate, faults: [killed] })).toHaveLength(1);
  });

  it('takes no window for a loss that has few requests', () => {
    const few = samples([0.9, 0.9, 0.9]).concat(samples([0, 0, 0, 0.1], 10).slice(30));
    expect(findPromptLosses(few, gate)).toEqual([]);
  });

  it('fails where there is nothing to compare with', () => {
    expect(findPromptLosses(samples([1, 1], 5), gate)).toEqual([
      'too few requests before the upgrade to compare with',
    ]);
  });
});
