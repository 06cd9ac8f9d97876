import { RepeatedFailures } from '../../../src/extproc/repeatedFailures.ts';

let nowMs = 0;
let cpuMs = 0;
let begun: number[] = [];
let refused = 0;
let repeated: RepeatedFailures;

beforeEach(() => {
  nowMs = 1_000;
  cpuMs = 5_000;
  begun = [];
  refused = 0;
  repeated = new RepeatedFailures({
    onBegin: ({ bytes }) => begun.push(bytes),
    onRefused: () => {
      refused += 1;
    },
    nowMs: () => nowMs,
    cpuMs: () => cpuMs,
  });
});

const bug = new Error('a bug');
const fails = (): never => {
  throw bug;
};
const takes =
  (elapsedMs: number, usedMs = elapsedMs) =>
  () => {
    nowMs += elapsedMs;
    cpuMs += usedMs;
  };

/** As a call does it. */
function send(text: string, handle: () => void): 'handled' | 'failed' | 'refused' {
  const message = Buffer.from(text);
  try {
    if (!repeated.isWatching) handle();
    else if (!repeated.run(message, handle)) return 'refused';
    return 'handled';
  } catch (error) {
    expect(repeated.thrown(message, error)).toBe(bug);
    return 'failed';
  }
}

const poison = 'x-request-id: 0af7651916cd43dd, x-kind: poison';
const alike = 'x-request-id: b7ad6b7169203331, x-kind: poison';
const other = 'x-request-id: 0af7651916cd43dd, x-kind: potion';

describe('while nothing fails', () => {
  it('nothing is watched', () => {
    for (let nth = 0; nth < 10; nth += 1) expect(send(poison, takes(1))).toBe('handled');
    expect(repeated.isWatching).toBe(false);
  });
});

describe('a message that throws', () => {
  it('is refused unread after three times, and so are those that differ in ids', () => {
    for (const text of [poison, alike, poison]) expect(send(text, fails)).toBe('failed');
    let handled = 0;
    const handle = () => {
      handled += 1;
    };
    for (const text of [alike, poison]) expect(send(text, handle)).toBe('refused');
    expect(handled).toBe(0);
    expect([begun, refused]).toEqual([[poison.length], 2]);
  });

  it('costs other messages nothing', () => {
    for (let nth = 0; nth < 5; nth += 1) send(poison, fails);
    expect(send(other, () => {})).toBe('handled');
    expect(send(`${poison} `, () => {})).toBe('handled');
  });

  it('is no poison when one like it succeeds in between', () => {
    for (let nth = 0; nth < 10; nth += 1) {
      expect(send(poison, fails)).toBe('failed');
      expect(send(poison, fails)).toBe('failed');
      expect(send(alike, () => {})).toBe('handled');
    }
    expect(begun).toEqual([]);
  });

  it('is read again after ten seconds, and refused after three failures again', () => {
    for (let nth = 0; nth < 4; nth += 1) send(poison, fails);
    nowMs += 9_999;
    expect(send(poison, fails)).toBe('refused');
    nowMs += 1;
    for (let nth = 0; nth < 3; nth += 1) expect(send(poison, fails)).toBe('failed');
    expect(send(poison, fails)).toBe('refused');
    expect(begun.length).toBe(2);
  });

  it('is forgotten after a minute without a failure, and nothing is watched any more', () => {
    send(poison, fails);
    send(poison, fails);
    nowMs += 60_000;
    expect(send(poison, fails)).toBe('failed');
    expect(send(poison, fails)).toBe('failed');
    nowMs += 60_000;
    expect(send(other, () => {})).toBe('handled');
    expect(repeated.isWatching).toBe(false);
  });

  it('is told from the rest of a long message by its first 64 KiB and its length', () => {
    const long = 'z'.repeat(70_000);
    for (let nth = 0; nth < 3; nth += 1) send(long, fails);
    expect(send(`${long.slice(1)}y`, () => {})).toBe('refused');
    expect(send(`${long}y`, () => {})).toBe('handled');
  });
});

describe('a message that holds the event loop', () => {
  it('is refused after three times, from when something was slow', () => {
    expect(send(poison, takes(150))).toBe('handled');
    repeated.watch();
    for (let nth = 0; nth < 3; nth += 1) expect(send(poison, takes(150))).toBe('handled');
    expect(send(alike, takes(150))).toBe('refused');
  });

  it('is no poison where the process did not run', () => {
    repeated.watch();
    for (let nth = 0; nth < 10; nth += 1) expect(send(poison, takes(5_000, 1))).toBe('handled');
    expect(begun).toEqual([]);
  });

  it('is no poison where most like it are quick', () => {
    repeated.watch();
    for (let nth = 0; nth < 10; nth += 1) {
      for (const elapsedMs of [150, 150, 1]) expect(send(poison, takes(elapsedMs))).toBe('handled');
    }
    expect(begun).toEqual([]);
  });
});

it('knows 64 kinds at most, the newest', () => {
  const kindOfNth = (nth: number) => 'z'.repeat(nth + 1);
  for (let nth = 0; nth < 100; nth += 1) {
    for (let times = 0; times < 3; times += 1) send(kindOfNth(nth), fails);
  }
  const results = Array.from({ length: 100 }, (_, nth) => send(kindOfNth(nth), () => {}));
  expect(results.indexOf('refused')).toBe(36);
  expect(results.filter((result) => result === 'refused').length).toBe(64);
});
