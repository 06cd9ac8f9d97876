import { drain } from '../../../src/instance/drain.ts';

/** Exchanges as a drain sees them; the test opens and ends them. */
function exchanges({ open = 0 } = {}) {
  let lastMs = performance.now();
  return {
    open,
    arrive() {
      this.open += 1;
      lastMs = performance.now();
    },
    quietMs: () => performance.now() - lastMs,
    halfCloseAll() {
      const left = this.open;
      this.open = 0;
      return left;
    },
  };
}

const world = () => ({
  nowMs: () => performance.now(),
  forceStop: new AbortController().signal,
  inFlight: () => new Map(),
});

describe('a drain', () => {
  it('lasts as long as the notice even when nothing is open', async () => {
    const { tookMs, halfClosed } = await drain({
      ...world(),
      noticeMs: 80,
      quietMs: 10,
      graceMs: 10_000,
      exchanges: exchanges(),
    });
    expect(tookMs).toBeGreaterThanOrEqual(80);
    expect(halfClosed).toBe(0);
  });

  it('goes on while streams keep coming, and ends when they stop', async () => {
    const open = exchanges();
    let arrivals = 0;
    const coming = setInterval(() => {
      open.arrive();
      open.open -= 1;
      arrivals += 1;
      if (arrivals === 20) clearInterval(coming);
    }, 10);
    await drain({ ...world(), noticeMs: 20, quietMs: 100, graceMs: 20_000, exchanges: open });
    expect(arrivals).toBe(20);
  });

  it('waits for what is open, and half-closes what outlives the grace', async () => {
    const result = await drain({
      ...world(),
      noticeMs: 0,
      quietMs: 0,
      graceMs: 100,
      exchanges: exchanges({ open: 3 }),
    });
    expect(result.halfClosed).toBe(3);
    expect(result.tookMs).toBeGreaterThanOrEqual(100);
  });

  it('ends at once when it is hurried', async () => {
    const forceStop = new AbortController();
    const open = exchanges({ open: 1 });
    const ended = drain({
      ...world(),
      forceStop: forceStop.signal,
      noticeMs: 60_000,
      quietMs: 0,
      graceMs: 60_000,
      exchanges: open,
    });
    forceStop.abort();
    expect((await ended).halfClosed).toBe(1);
  });
});
