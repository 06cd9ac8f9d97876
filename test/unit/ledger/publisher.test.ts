import { Publisher } from '../../../src/ledger/publisher.ts';
import { ManualClock } from '../../support/manualClock.ts';

/** A publisher whose writes end when the test settles them, on a clock that the test advances. */
function harness({ minIntervalMs = 10, retryMs = 50 } = {}) {
  const clock = new ManualClock();
  const writes: PromiseWithResolvers<void>[] = [];
  const outcomes: string[] = [];
  const interval = { ms: minIntervalMs };
  const publisher = new Publisher({
    write: () => {
      const write = Promise.withResolvers<void>();
      writes.push(write);
      return write.promise;
    },
    minIntervalMs: () => interval.ms,
    retryMs,
    clock,
    onWritten: (outcome) => outcomes.push(outcome),
  });
  /** Lets promises settle, and fires the timers that are due then. */
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await new Promise(setImmediate);
    clock.advance(0);
  };
  /** Ends the last write. */
  const written = async (): Promise<void> => {
    writes.at(-1)?.resolve();
    await pass(0);
  };
  return { clock, publisher, writes, outcomes, pass, written, interval };
}

const longMs = 3_600_000;

describe('when counts change', () => {
  it('writes once for many changes', async () => {
    const { publisher, writes, pass, written } = harness();
    for (let i = 0; i < 100; i += 1) publisher.changed();
    await pass(0);
    expect(writes).toHaveLength(1);
    await written();
    await pass(longMs);
    expect(writes).toHaveLength(1);
  });

  it('writes at once, and the next time after the interval', async () => {
    const { publisher, writes, pass, written } = harness({ minIntervalMs: 10 });
    publisher.changed();
    await pass(0);
    await written();
    publisher.changed();
    await pass(9);
    expect(writes).toHaveLength(1);
    await pass(1);
    expect(writes).toHaveLength(2);
  });

  it('has at most one write in progress, and one more for all changes during it', async () => {
    const { publisher, writes, pass, written } = harness();
    publisher.changed();
    await pass(0);
    for (let i = 0; i < 100; i += 1) publisher.changed();
    await pass(longMs);
    expect(writes).toHaveLength(1);
    await written();
    expect(writes).toHaveLength(2);
    await written();
    await pass(longMs);
    expect(writes).toHaveLength(2);
  });

  it('waits for the current interval, not for the one in force when it began to wait', async () => {
    const { publisher, writes, pass, written, interval } = harness({ minIntervalMs: longMs });
    publisher.changed();
    await pass(0);
    await written();
    publisher.changed();
    await pass(1);
    expect(writes).toHaveLength(1);
    interval.ms = 1;
    publisher.intervalChanged();
    await pass(0);
    expect(writes).toHaveLength(2);
  });

  it('tries again after a failed write', async () => {
    const { publisher, writes, outcomes, pass, written } = harness({ retryMs: 50 });
    publisher.changed();
    await pass(0);
    writes[0]?.reject(new Error('no'));
    await pass(0);
    await pass(49);
    expect(writes).toHaveLength(1);
    await pass(1);
    await written();
    expect(outcomes).toEqual(['failed', 'ok']);
  });
});

describe('when it is flushed', () => {
  it('writes at once what waits for its interval', async () => {
    const { publisher, writes, pass, written } = harness({ minIntervalMs: longMs });
    publisher.changed();
    await pass(0);
    await written();
    publisher.changed();
    const flushed = publisher.flush();
    expect(writes).toHaveLength(2);
    await written();
    await flushed;
  });

  it('waits for the write in progress and then for the changes during it', async () => {
    const { publisher, writes, pass, written } = harness({ minIntervalMs: longMs });
    publisher.changed();
    await pass(0);
    publisher.changed();
    let done = false;
    const flushed = publisher.flush().then(() => (done = true));
    await pass(0);
    expect(done).toBe(false);
    await written();
    expect(writes).toHaveLength(2);
    await written();
    await flushed;
  });

  it('has nothing to do when nothing changed', async () => {
    const { publisher, writes } = harness();
    await publisher.flush();
    expect(writes).toHaveLength(0);
  });
});

describe('when it is stopped', () => {
  it('writes no more', async () => {
    const { clock, publisher, writes, pass } = harness();
    publisher.changed();
    await publisher.stop();
    publisher.changed();
    await pass(longMs);
    expect([writes.length, clock.pendingTimers]).toEqual([0, 0]);
  });
});

describe('when it writes without waiting', () => {
  it('writes at once, though nothing changed', () => {
    const { publisher, writes } = harness();
    publisher.now();
    expect(writes).toHaveLength(1);
  });

  it('writes at once instead of waiting for the interval', async () => {
    const { publisher, writes, pass, written } = harness({ minIntervalMs: longMs });
    publisher.changed();
    await pass(0);
    await written();
    publisher.changed();
    expect(writes).toHaveLength(1);
    publisher.now();
    expect(writes).toHaveLength(2);
  });

  it('still waits for the write in progress, and then writes once more', async () => {
    const { publisher, writes, pass, written } = harness();
    publisher.changed();
    await pass(0);
    publisher.now();
    await pass(longMs);
    expect(writes).toHaveLength(1);
    await written();
    expect(writes).toHaveLength(2);
  });

  it('writes no more once it is stopped', async () => {
    const { publisher, writes } = harness();
    await publisher.stop();
    publisher.now();
    expect(writes).toHaveLength(0);
  });
});

describe('the mean time of a write', () => {
  it('rises slowly with a slow write, and falls fast', async () => {
    const clock = new ManualClock();
    let write = Promise.withResolvers<void>();
    const writeMs: number[] = [];
    const publisher = new Publisher({
      write: () => write.promise,
      minIntervalMs: (meanMs) => {
        writeMs.push(meanMs);
        return 0;
      },
      retryMs: 1,
      clock,
    });
    for (const durationMs of [80, 2]) {
      publisher.changed();
      clock.advance(0);
      clock.advance(durationMs);
      write.resolve();
      await publisher.flush();
      write = Promise.withResolvers();
    }
    publisher.changed();
    expect(writeMs).toEqual([0, 10, 6]);
  });
});
