import { enginePresets } from '../../../tools/podsim/engine/enginePresets.ts';
import { PodEngine } from '../../../tools/podsim/engine/podEngine.ts';
import { ManualClock } from '../../support/manualClock.ts';

const text = (tokens: number, seed: string): string => seed.repeat(4 * tokens).slice(0, 4 * tokens);

let clock: ManualClock;
let engine: PodEngine;
const startWith = (capacityTokens: number): void => {
  clock = new ManualClock();
  const preset = { ...enginePresets['8b'], capacityTokens };
  engine = new PodEngine(preset, Object.assign(clock, { unixSeconds: () => 0 }));
};
beforeEach(() => startWith(100_000));

interface Watched {
  emitted: number;
  startedMs: number | undefined;
  firstMs: number | undefined;
  cachedTokens: number | undefined;
  cancel: () => void;
}

function start(prompt: { tokens: number; text: string }, tokens: number, isStream = true): Watched {
  const source = engine.source(prompt);
  const watched: Watched = {
    emitted: 0,
    startedMs: undefined,
    firstMs: undefined,
    cachedTokens: undefined,
    cancel: () => {},
  };
  watched.cancel = source.start(tokens, isStream, {
    onStarted: () => {
      watched.startedMs = clock.nowMs();
    },
    emit: (from, to) => {
      expect(from).toBe(watched.emitted);
      if (from === 0) watched.firstMs = clock.nowMs();
      watched.cachedTokens = source.cachedTokens;
      watched.emitted = to;
    },
  });
  return watched;
}

describe('the engine of a simulated pod', () => {
  it('computes a prompt, then one token in each step', () => {
    const one = start({ tokens: 8_000, text: text(8_000, 'a') }, 5);
    clock.advance(200);
    expect(one.emitted).toBe(0);
    clock.advance(1_000);
    expect(one).toMatchObject({ emitted: 5, startedMs: 0, cachedTokens: 0 });
    expect(engine.running).toBe(0);
  });

  it('finds the blocks of a prompt that it has computed, and is sooner then', () => {
    const prompt = { tokens: 8_000, text: text(8_000, 'a') };
    const first = start(prompt, 1);
    clock.advance(1_000);
    const second = start(prompt, 1);
    clock.advance(1_000);
    // The last token is always computed.
    expect(second.cachedTokens).toBe(7_984);
    expect((second.firstMs ?? 0) - 1_000).toBeLessThan((first.firstMs ?? 0) / 10);
    expect(engine.counts).toEqual({ queries: 16_000, hits: 7_984 });
  });

  it('lets prompts wait for each other, and responses run at once', () => {
    const all = Array.from({ length: 8 }, (_, nth) =>
      start({ tokens: 8_000, text: text(8_000, `${nth}`) }, 50),
    );
    clock.advance(1);
    expect([engine.running, engine.waiting]).toEqual([1, 7]);
    clock.advance(10_000);
    const firsts = all.map(({ firstMs = 0 }) => firstMs);
    expect(firsts).toEqual(firsts.toSorted((a, b) => a - b));
    expect((firsts[7] ?? 0) / (firsts[0] ?? 1)).toBeGreaterThan(4);
  });

  it('has less room in its cache than requests need, and ends them all the same', () => {
    startWith(4_096);
    const all = Array.from({ length: 6 }, (_, nth) => start({ tokens: 800, text: text(800, `${nth}`) }, 400));
    clock.advance(60_000);
    expect(all.map(({ emitted }) => emitted)).toEqual([400, 400, 400, 400, 400, 400]);
    expect(engine.preemptions).toBeGreaterThan(0);
    expect(engine.kvUse).toBe(0);
  });

  it('forgets a request whose client has left, wherever it is', () => {
    const prompts = Array.from({ length: 4 }, (_, nth) => ({ tokens: 8_000, text: text(8_000, `${nth}`) }));
    const all = prompts.map((prompt) => start(prompt, 1_000));
    clock.advance(300);
    for (const { cancel } of all) cancel();
    const emitted = all.map((one) => one.emitted);
    clock.advance(5_000);
    expect(all.map((one) => one.emitted)).toEqual(emitted);
    expect([engine.running, engine.waiting, engine.kvUse]).toEqual([0, 0, 0]);
  });

  it('answers a request that is not streamed at its end', () => {
    const one = start({ tokens: 100, text: text(100, 'a') }, 20, false);
    clock.advance(100);
    expect(one.emitted).toBe(0);
    clock.advance(1_000);
    expect(one.emitted).toBe(20);
  });

  it('knows what does not fit', () => {
    expect([engine.fits(99_000, 500), engine.fits(99_000, 2_000)]).toEqual([true, false]);
  });
});
