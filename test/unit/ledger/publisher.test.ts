import { systemClock } from '../../../src/clock.ts';
import { Publisher } from '../../../src/ledger/publisher.ts';
import { until } from '../../../tools/testbed/until.ts';

/** A publisher whose writes end when the test says so. */
function harness({ minIntervalMs = 1, retryMs = 5 } = {}) {
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
    clock: systemClock,
    onWritten: (outcome) => outcomes.push(outcome),
  });
  const begun = (count: number) => until(() => writes.length === count, { what: `${count} writes` });
  return { publisher, writes, outcomes, begun, interval };
}

const aWhile = () => new Promise((resolve) => setTimeout(resolve, 30));

describe('when counts change', () => {
  it('writes once for many changes', async () => {
    const { publisher, writes, begun } = harness();
    for (let i = 0; i < 100; i += 1) publisher.changed();
    await begun(1);
    writes[0]?.resolve();
    await aWhile();
    expect(writes).toHaveLength(1);
  });

  it('has one write under way at most, and one more for all that changed meanwhile', async () => {
    const { publisher, writes, begun } = harness();
    publisher.changed();
    await begun(1);
    for (let i = 0; i < 100; i += 1) publisher.changed();
    await aWhile();
    expect(writes).toHaveLength(1);
    writes[0]?.resolve();
    await begun(2);
    writes[1]?.resolve();
    await aWhile();
    expect(writes).toHaveLength(2);
  });

  it('waits for the interval that is in force, not for the one that was when it began to wait', async () => {
    const { publisher, writes, begun, interval } = harness({ minIntervalMs: 3_600_000 });
    publisher.changed();
    await begun(1);
    writes[0]?.resolve();
    await aWhile();
    publisher.changed();
    interval.ms = 1;
    publisher.intervalChanged();
    await begun(2);
    writes[1]?.resolve();
    await publisher.stop();
  });

  it('tries again after a write that failed', async () => {
    const { publisher, writes, outcomes, begun } = harness();
    publisher.changed();
    await begun(1);
    writes[0]?.reject(new Error('no'));
    await begun(2);
    writes[1]?.resolve();
    await aWhile();
    expect(outcomes).toEqual(['failed', 'ok']);
  });
});

describe('when it is flushed', () => {
  it('writes at once what waits for its interval', async () => {
    const { publisher, writes, begun } = harness({ minIntervalMs: 60_000 });
    publisher.changed();
    await begun(1);
    writes[0]?.resolve();
    await aWhile();
    publisher.changed();
    const flushed = publisher.flush();
    await begun(2);
    writes[1]?.resolve();
    await flushed;
  });

  it('waits for the write under way and then for what changed meanwhile', async () => {
    const { publisher, writes, begun } = harness({ minIntervalMs: 60_000 });
    publisher.changed();
    await begun(1);
    publisher.changed();
    let done = false;
    const flushed = publisher.flush().then(() => (done = true));
    await aWhile();
    expect(done).toBe(false);
    writes[0]?.resolve();
    await begun(2);
    writes[1]?.resolve();
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
    const { publisher, writes } = harness();
    publisher.changed();
    publisher.stop();
    publisher.changed();
    await aWhile();
    expect(writes).toHaveLength(0);
  });
});

describe('when it is told not to wait', () => {
  it('writes at once, though nothing changed', async () => {
    const { publisher, writes } = harness();
    publisher.now();
    expect(writes).toHaveLength(1);
  });

  it('writes at once instead of waiting for the interval', async () => {
    const { publisher, writes, begun } = harness({ minIntervalMs: 60_000 });
    publisher.changed();
    await begun(1);
    writes[0]?.resolve();
    await aWhile();
    publisher.changed();
    expect(writes).toHaveLength(1);
    publisher.now();
    expect(writes).toHaveLength(2);
  });

  it('still waits for the write under way, and then writes once more', async () => {
    const { publisher, writes, begun } = harness();
    publisher.changed();
    await begun(1);
    publisher.now();
    await aWhile();
    expect(writes).toHaveLength(1);
    writes[0]?.resolve();
    await begun(2);
  });

  it('writes nothing any more once it is stopped', async () => {
    const { publisher, writes } = harness();
    await publisher.stop();
    publisher.now();
    expect(writes).toHaveLength(0);
  });
});

describe('the time that a write takes', () => {
  it('grows slowly with one that is slow, and falls fast', async () => {
    let nowMs = 0;
    let begin = (): void => {};
    let write = Promise.withResolvers<void>();
    const writeMs: number[] = [];
    const publisher = new Publisher({
      write: () => write.promise,
      minIntervalMs: (lately) => {
        writeMs.push(lately);
        return 0;
      },
      retryMs: 1,
      clock: {
        nowMs: () => nowMs,
        after: (_, run) => {
          begin = run;
          return () => {};
        },
      },
    });
    for (const tookMs of [80, 2]) {
      publisher.changed();
      begin();
      nowMs += tookMs;
      write.resolve();
      await publisher.flush();
      write = Promise.withResolvers();
    }
    publisher.changed();
    expect(writeMs).toEqual([0, 10, 6]);
  });
});
