import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import type { ProbeResult } from '../../../src/pool/probeResult.ts';
import { Prober, type ProberOptions } from '../../../src/pool/prober.ts';
import { eventually } from '../../support/eventually.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';

checkForLeaks();

const passed: ProbeResult = { kind: 'passed', reason: 'HTTP 200' };
const failed: ProbeResult = { kind: 'failed', failure: 'status', reason: 'HTTP 503' };

const quick: ProberOptions = {
  path: '/health',
  intervalMs: 5,
  timeoutMs: 50,
  healthyThreshold: 1,
  unhealthyThreshold: 2,
};

let prober: Prober;
let verdicts: string[];
afterEach(async () => {
  await prober.stop();
  jest.useRealTimers();
});

function proberWith(options: Partial<ProberOptions>): Prober {
  verdicts = [];
  prober = new Prober({ ...quick, ...options });
  prober.onVerdict(({ address, healthy, reason }) => verdicts.push(`${address} ${healthy} ${reason}`));
  return prober;
}

describe('when a real server fails and recovers', () => {
  it('changes its verdict at the thresholds', async () => {
    let status = 200;
    const server = createServer((_, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;

    // A slow machine is no failure of the server.
    proberWith({ timeoutMs: 60_000 }).watch(new Set([address]));
    expect(prober.isHealthy(address)).toBe(false);
    await eventually(() => prober.isHealthy(address));
    status = 503;
    await eventually(() => !prober.isHealthy(address));
    status = 200;
    await eventually(() => prober.isHealthy(address));
    await new Promise((resolve) => server.close(resolve));
    await eventually(() => !prober.isHealthy(address));

    expect(verdicts).toEqual([
      `${address} true HTTP 200`,
      `${address} false HTTP 503`,
      `${address} true HTTP 200`,
      `${address} false connect ECONNREFUSED ${address}`,
    ]);
  });
});

describe('when an endpoint is new', () => {
  it('is probed at once, and unhealthy until the first verdict', async () => {
    const probes: string[] = [];
    proberWith({
      intervalMs: 60_000,
      probe: async (address) => {
        probes.push(address);
        return passed;
      },
    });
    prober.watch(new Set(['a']));
    expect(probes).toEqual(['a']);
    expect(prober.isHealthy('a')).toBe(false);
    await eventually(() => prober.isHealthy('a'));
    prober.watch(new Set(['a', 'b']));
    expect(probes).toEqual(['a', 'b']);
  });
});

describe('when an endpoint is no longer watched', () => {
  it('is forgotten: its open probe does not count for the endpoint that comes back', async () => {
    const answers: ((result: ProbeResult) => void)[] = [];
    proberWith({ intervalMs: 60_000, probe: () => new Promise((resolve) => answers.push(resolve)) });
    prober.watch(new Set(['a']));
    prober.watch(new Set());
    prober.watch(new Set(['a']));
    answers[0]?.(passed);
    await new Promise(setImmediate);
    expect(prober.isHealthy('a')).toBe(false);
    expect(verdicts).toEqual([]);
    answers[1]?.(passed);
    await eventually(() => prober.isHealthy('a'));
    prober.watch(new Set());
    expect(prober.isHealthy('a')).toBe(false);
  });

  it('is not probed any more', async () => {
    const probes: string[] = [];
    proberWith({
      probe: async (address) => {
        probes.push(address);
        return passed;
      },
    });
    prober.watch(new Set(['a', 'b']));
    await eventually(() => probes.filter((address) => address === 'a').length > 2);
    prober.watch(new Set(['b']));
    probes.length = 0;
    await eventually(() => probes.length > 5);
    expect(probes).not.toContain('a');
  });
});

describe('when a probe outlasts the interval', () => {
  it('has one open probe for an endpoint', async () => {
    let open = 0;
    let most = 0;
    let probes = 0;
    proberWith({
      intervalMs: 2,
      probe: async () => {
        probes++;
        most = Math.max(most, ++open);
        await new Promise((resolve) => setTimeout(resolve, 10));
        open--;
        return passed;
      },
    });
    prober.watch(new Set(['a']));
    await eventually(() => probes > 4);
    expect(most).toBe(1);
  });
});

describe('when an endpoint usually answers late', () => {
  it('waits three times as long, up to the longest timeout; a late answer is told from none', async () => {
    let answerMs = 1;
    proberWith({
      intervalMs: 20,
      timeoutMs: 20,
      maxTimeoutMs: 400,
      unhealthyThreshold: 1,
      probe: async () => {
        await new Promise((resolve) => setTimeout(resolve, answerMs));
        return passed;
      },
    });
    prober.watch(new Set(['a']));
    await eventually(() => prober.isHealthy('a'));
    answerMs = 60;
    await eventually(() => prober.faultOf('a')?.failure === 'late');
    await eventually(() => prober.isHealthy('a'));
    expect(verdicts).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^a false no answer in \d+ ms$/),
        'a false HTTP 200, late',
      ]),
    );
    expect(verdicts.at(-1)).toBe('a true HTTP 200');
  });
});

describe('when the fault is on this side', () => {
  it('keeps the verdict while no file descriptor is free', async () => {
    let probes = 0;
    proberWith({
      unhealthyThreshold: 1,
      probe: async () => {
        probes++;
        return probes === 1 ? passed : { kind: 'undecided', cause: 'local', reason: 'connect EMFILE' };
      },
    });
    prober.watch(new Set(['a']));
    await eventually(() => probes > 4);
    expect(verdicts).toEqual(['a true HTTP 200']);
  });

  it('judges nothing by a timer that a stall of this process has delayed', async () => {
    let answer: (result: ProbeResult) => void = () => {};
    proberWith({
      timeoutMs: 50,
      intervalMs: 60_000,
      unhealthyThreshold: 1,
      probe: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    prober.watch(new Set(['a']));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(verdicts).toEqual([]);
    answer(passed);
    await eventually(() => prober.isHealthy('a'));
    expect(verdicts).toEqual(['a true HTTP 200']);
  });
});

describe('when the pool is large', () => {
  const large = new Set(Array.from({ length: 10_000 }, (_, index) => `e${index}`));

  it('never has more than the allowed number of probes open, and probes each endpoint', async () => {
    let open = 0;
    let most = 0;
    proberWith({
      intervalMs: 60_000,
      maxConcurrent: 16,
      timeoutMs: 10_000,
      probe: async () => {
        most = Math.max(most, ++open);
        for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
        open--;
        return passed;
      },
    });
    prober.watch(large);
    await eventually(() => verdicts.length === large.size, { timeoutMs: 20_000 });
    expect(most).toBe(16);
  });

  it('starts a few probes in each turn of the event loop', async () => {
    let started = 0;
    proberWith({
      intervalMs: 60_000,
      timeoutMs: 10_000,
      probe: async () => {
        started += 1;
        return passed;
      },
    });
    prober.watch(large);
    expect(started).toBe(8);
    await eventually(() => verdicts.length === large.size, { timeoutMs: 20_000 });
  });

  it('is probed over a longer interval, within the allowed rate', async () => {
    jest.useFakeTimers({ doNotFake: ['performance', 'setImmediate', 'queueMicrotask', 'nextTick'] });
    let probes = 0;
    proberWith({
      intervalMs: 10,
      maxProbesPerSecond: 100,
      random: () => 0.5,
      probe: async () => {
        probes++;
        return passed;
      },
    });
    prober.watch(new Set([...large].slice(0, 200)));
    // They start a few in each turn.
    const untilStarted = async () => {
      for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    };
    await untilStarted();
    // 200 endpoints at 100 a second take 2 s: at a random share of it first, every 2 s then.
    const probesAt: [number, number][] = [];
    for (const untilMs of [900, 1_100, 2_900, 3_100]) {
      await jest.advanceTimersByTimeAsync(untilMs - (probesAt.at(-1)?.[0] ?? 0));
      await untilStarted();
      probesAt.push([untilMs, probes]);
    }
    expect(probesAt).toEqual([
      [900, 200],
      [1_100, 400],
      [2_900, 400],
      [3_100, 600],
    ]);
  });
});

describe('when most addresses of the pool are dead', () => {
  const living = '10.1.0.1:8000';
  const dead = Array.from({ length: 2_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}:8000`);

  it('probes the one in use at its interval, and the dead ones within the rate', async () => {
    jest.useFakeTimers({ doNotFake: ['performance', 'setImmediate', 'queueMicrotask', 'nextTick'] });
    const probes = { living: 0, dead: 0 };
    proberWith({
      intervalMs: 1_000,
      maxProbesPerSecond: 100,
      random: () => 0.5,
      probe: async (address) => {
        probes[address === living ? 'living' : 'dead'] += 1;
        return address === living ? passed : failed;
      },
    });
    prober.watch(new Set([...dead, living]));
    for (let turn = 0; turn < 1_000 && probes.dead < dead.length; turn += 1) await new Promise(setImmediate);
    await eventually(() => prober.isHealthy(living));
    const before = { ...probes };
    for (let second = 0; second < 60; second += 1) {
      await jest.advanceTimersByTimeAsync(1_000);
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    }
    expect(probes.living - before.living).toBeGreaterThan(40);
    expect(probes.dead - before.dead).toBeGreaterThan(dead.length);
    expect(probes.dead - before.dead).toBeLessThan(3 * dead.length + 100);
  });

  it('gives it the next free slot, however many wait', async () => {
    const ends: (() => void)[] = [];
    const started: string[] = [];
    proberWith({
      intervalMs: 20,
      maxConcurrent: 2,
      timeoutMs: 60_000,
      probe: (address, signal) => {
        started.push(address);
        if (address === living) return Promise.resolve(passed);
        return new Promise((resolve) => {
          ends.push(() => resolve(failed));
          signal.addEventListener('abort', () => resolve(failed));
        });
      },
    });
    prober.watch(new Set([living]));
    await eventually(() => prober.isHealthy(living));
    prober.watch(new Set([living, ...dead]));
    await eventually(() => ends.length === 2);
    // It is due by now, behind all that are new.
    const turns = started.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(started.length).toBe(turns);
    ends[0]?.();
    await eventually(() => started.length > turns);
    expect(started[turns]).toBe(living);
  });
});

describe('when it is stopped', () => {
  it('ends the open probes, reports no verdict and watches nothing new', async () => {
    let stopped = 0;
    proberWith({
      probe: (_address, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            stopped++;
            resolve(failed);
          });
        }),
    });
    prober.watch(new Set(['a', 'b']));
    await Promise.all([prober.stop(), prober.stop()]);
    prober.watch(new Set(['c']));
    expect(stopped).toBe(2);
    expect(verdicts).toEqual([]);
  });
});
