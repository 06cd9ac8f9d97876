import { MemoryLedger } from '../../../src/ledger/memoryLedger.ts';
import { withoutQuarantined } from '../../../src/scheduling/filters/quarantine.ts';
import type { Policy } from '../../../src/scheduling/policy.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';
import { PenalizedLoad } from '../../../src/signals/penalizedLoad.ts';
import type { HealthTransition } from '../../../src/signals/podHealth.ts';
import { PodSignals } from '../../../src/signals/podSignals.ts';
import { endpoints } from '../../support/endpoints.ts';
import { ManualClock } from '../../support/manualClock.ts';
import { seededRandom } from '../../support/seededRandom.ts';

const pods = endpoints(3);
const addresses = pods.map(({ address }) => address);
const [bad, ...well] = addresses as [string, string, string];

type Answer = { readonly status: number; readonly lastsMs: number };
const normal: Answer = { status: 200, lastsMs: 500 };

function start(settings = {}, schedulers = 1) {
  const clock = new ManualClock();
  const transitions: HealthTransition[] = [];
  const signals = new PodSignals({
    settings: { sampleOneIn: 16, quarantineBaseMs: 1_000, quarantineMaxMs: 8_000, ...settings },
    clock,
    random: seededRandom(1),
    schedulers: () => schedulers,
    onTransition: (transition) => transitions.push(transition),
    onFailure: () => {},
    peerFailures: () => 0,
    isDoubtful: () => false,
    onGood: () => {},
  });
  /** One exchange, answered as Envoy would show it. */
  const send = (address: string, { status, lastsMs }: Answer): void => {
    const exchange = signals.begin(address, clock.nowMs());
    clock.after(lastsMs, () => {
      if (exchange.watch !== 'none') signals.onHeaders(exchange, status, address, false);
      if (exchange.watch === 'body') signals.onBody(exchange, Buffer.from('an answer'), true);
      signals.onEnd(exchange);
    });
  };
  const sendAll = (answers: (address: string) => Answer, rounds: number): void => {
    for (let round = 0; round < rounds; round += 1) {
      for (const address of addresses) send(address, answers(address));
      clock.advance(10);
    }
  };
  const warmUp = (): void => {
    sendAll(() => normal, 100);
    clock.advance(1_000);
  };
  return { clock, signals, transitions, send, sendAll, warmUp };
}

describe('when all pods answer well', () => {
  it('watches one request of sixteen, and follows one of 128 to its end', () => {
    const { clock, signals } = start();
    const watched = Array.from({ length: 1_280 }, () => signals.begin(bad, clock.nowMs()).watch);
    expect(watched.filter((watch) => watch === 'headers')).toHaveLength(70);
    expect(watched.filter((watch) => watch === 'body')).toHaveLength(10);
  });

  it('watches none where sampling is off', () => {
    const { clock, signals } = start({ sampleOneIn: 0 });
    const watched = Array.from({ length: 100 }, () => signals.begin(bad, clock.nowMs()).watch);
    expect(new Set(watched)).toEqual(new Set(['none']));
  });
});

describe('when one pod fails fast', () => {
  it.each([500, 429, 404, 401])('excludes it after a few requests that it answered %d', (status) => {
    const { signals, sendAll, warmUp } = start();
    warmUp();
    sendAll((address) => (address === bad ? { status, lastsMs: 2 } : normal), 10);
    expect(signals.health(bad).kind).toBe('quarantined');
    expect([...signals.excluded]).toEqual([bad]);
  });

  it('excludes it after three failures in a row, however many requests it answered well before', () => {
    const { clock, signals, warmUp } = start();
    warmUp();
    const answer = (status: number): void => {
      const exchange = signals.begin(bad, clock.nowMs());
      signals.onHeaders(exchange, status, bad, false);
      signals.onEnd(exchange);
    };
    for (let nth = 0; nth < 50; nth += 1) answer(200);
    clock.advance(10);
    for (let nth = 0; nth < 3; nth += 1) answer(500);
    expect(signals.health(bad).kind).toBe('quarantined');
  });

  it('watches only so many responses of the others as show that it fails alone', () => {
    const { clock, signals, warmUp } = start({ sampleOneIn: 1_000_000 });
    warmUp();
    const exchange = signals.begin(bad, clock.nowMs());
    signals.onHeaders(exchange, 500, bad, false);
    expect(signals.health(bad).kind).toBe('suspected');
    const watched = Array.from(
      { length: 1_000 },
      () => signals.begin(well[0] as string, clock.nowMs()).watch,
    );
    expect(watched.filter((watch) => watch === 'headers')).toHaveLength(32);
  });

  it('tries it again, and trusts it once it answers well', () => {
    const { clock, signals, send, sendAll, warmUp } = start();
    warmUp();
    sendAll((address) => (address === bad ? { status: 500, lastsMs: 2 } : normal), 10);
    clock.advance(1_000);
    expect(signals.health(bad).kind).toBe('trial');
    send(bad, normal);
    expect([...signals.excluded]).toEqual([bad]);
    clock.advance(600);
    expect([...signals.excluded]).toEqual([]);
    send(bad, normal);
    clock.advance(600);
    expect(signals.health(bad).kind).toBe('trusted');
  });

  it('comes back although its timer fires early', () => {
    const { clock, signals, sendAll, warmUp } = start();
    const after = clock.after.bind(clock);
    clock.after = (delayMs, callback) => after(delayMs > 1 ? delayMs - 0.4 : delayMs, callback);
    warmUp();
    sendAll((address) => (address === bad ? { status: 500, lastsMs: 2 } : normal), 10);
    clock.advance(1_100);
    expect(signals.health(bad).kind).toBe('trial');
  });

  it('counts its early ends as load for as long as exchanges usually take', () => {
    const { clock, signals, sendAll, warmUp } = start({}, 4);
    warmUp();
    sendAll((address) => (address === bad ? { status: 500, lastsMs: 2 } : normal), 4);
    clock.advance(5);
    const load = new PenalizedLoad(new MemoryLedger(), signals.penalties);
    expect(load.localInFlight(bad)).toBeGreaterThanOrEqual(2);
    expect(load.inFlight(bad)).toBe(4 * load.localInFlight(bad));
    expect(load.inFlight(well[0] as string)).toBe(0);
    clock.advance(600);
    expect(load.inFlight(bad)).toBe(0);
  });

  it('gives it no more than its share of the first second, and then one trial request at a time', () => {
    const { clock, signals, warmUp } = start();
    warmUp();
    const ledger = new MemoryLedger();
    const load = new PenalizedLoad(ledger, signals.penalties);
    const policy = new PolicySet({ random: seededRandom(2) }).named('least-request') as Policy;
    const failedAtMs: number[] = [];
    const startMs = clock.nowMs();
    for (let request = 0; request < 1_100; request += 1) {
      const { address } = policy.choose(withoutQuarantined(pods, signals.excluded, 0.5), load, {});
      const reservation = ledger.reserve(address);
      const exchange = signals.begin(address, clock.nowMs());
      if (address === bad) failedAtMs.push(clock.nowMs() - startMs);
      clock.after(address === bad ? 2 : 500, () => {
        const status = address === bad ? 500 : 200;
        if (exchange.watch !== 'none') signals.onHeaders(exchange, status, address, false);
        if (exchange.watch === 'body') signals.onBody(exchange, Buffer.from('an answer'), true);
        reservation.release();
        signals.onEnd(exchange);
      });
      clock.advance(10);
    }
    expect(failedAtMs.filter((atMs) => atMs < 1_000).length).toBeLessThanOrEqual(34);
    expect(failedAtMs.filter((atMs) => atMs >= 1_000).length).toBeLessThan(10);
  });
});

describe('when some exchanges always end early', () => {
  it('suspects a pod hardly ever', () => {
    const { clock, transitions, send } = start();
    const random = seededRandom(3);
    for (let request = 0; request < 20_000; request += 1) {
      const address = addresses[request % addresses.length] as string;
      send(address, { status: 200, lastsMs: random() < 0.1 ? 20 : 500 });
      clock.advance(10);
    }
    // Two in a row alone would be a sign 200 times.
    expect(transitions.filter(({ to }) => to.kind === 'suspected').length).toBeLessThan(10);
  });
});

describe('when all pods are slow for a while, and then fast', () => {
  /** Requests in a closed loop, whose durations follow how busy the machine is. */
  function run(answer: (address: string, lastsMs: number) => Answer) {
    const { clock, signals, send, warmUp } = start();
    const random = seededRandom(11);
    warmUp();
    let [busyMs, suspected, polls] = [60, 0, 0];
    for (let nth = 0; nth < 20_000; nth += 1) {
      if (nth % 100 === 0) busyMs = random() < 0.5 ? 60 : 6;
      const address = addresses[Math.floor(random() * 3)] as string;
      if (!signals.excluded.has(address)) send(address, answer(address, busyMs * (0.5 + random())));
      clock.advance(2);
      polls += addresses.length;
      suspected += addresses.filter((one) => signals.health(one).kind === 'suspected').length;
    }
    return { signals, suspectedShare: suspected / polls };
  }

  it('suspects hardly any, so that few responses are watched', () => {
    const { suspectedShare } = run((_, lastsMs) => ({ status: 200, lastsMs }));
    expect(suspectedShare).toBeLessThan(0.3);
  });

  it('still excludes one that fails at once', () => {
    const { signals } = run((address, lastsMs) =>
      address === bad ? { status: 500, lastsMs: 2 } : { status: 200, lastsMs },
    );
    expect(['quarantined', 'trial']).toContain(signals.health(bad).kind);
  });
});

describe('when a pod cuts its responses after their usual time', () => {
  const rounds = (seconds: number) => seconds * 100;

  /** Requests at random pods; which responses end incomplete is drawn. */
  function run(incomplete: (address: string, random: () => number) => boolean, seconds: number) {
    const fixture = start({ sampleOneIn: 16 });
    const { clock, signals } = fixture;
    fixture.warmUp();
    const random = seededRandom(5);
    let placedOnBad = 0;
    let excludedAfter: number | undefined;
    for (let request = 0; request < rounds(seconds); request += 1) {
      const address = addresses[Math.floor(random() * addresses.length)] as string;
      if (address === bad && !signals.excluded.has(bad)) placedOnBad += 1;
      if (signals.excluded.has(bad)) excludedAfter ??= placedOnBad;
      if (!signals.excluded.has(address)) {
        const exchange = signals.begin(address, clock.nowMs());
        const isIncomplete = incomplete(address, random);
        if (exchange.watch !== 'none') signals.onHeaders(exchange, 200, address, false);
        if (exchange.watch === 'body') {
          clock.after(300, () => signals.onBody(exchange, Buffer.from('data: {"choices":[]}\n\n'), false));
          if (!isIncomplete) clock.after(499, () => signals.onBody(exchange, Buffer.from('end'), true));
        }
        clock.after(500, () => signals.onEnd(exchange));
      }
      clock.advance(10);
    }
    return { ...fixture, excludedAfter };
  }

  it('finds it by the responses that it follows, and keeps it out while it does', () => {
    const { signals, transitions, excludedAfter } = run((address) => address === bad, 60);
    // One of 128, and two more one after the other; then all of them.
    expect(excludedAfter).toBeLessThan(300);
    const periods = transitions.filter(({ to }) => to.kind === 'quarantined');
    expect(periods.length).toBeGreaterThan(3);
    expect(periods.map(({ to }) => 'reason' in to && to.reason)).toContain('cut-late');
    const acquittals = transitions.filter(({ from, to }) => from.kind === 'trial' && to.kind === 'trusted');
    expect(acquittals).toEqual([]);
    expect(signals.health(bad).kind).not.toBe('trusted');
  });

  it('trusts it again only when complete responses show that it is well', () => {
    let isIll = true;
    const { clock, signals } = run((address) => isIll && address === bad, 20);
    expect(signals.health(bad).kind).not.toBe('trusted');
    isIll = false;
    for (let elapsedMs = 0; elapsedMs < 10_000 && signals.health(bad).kind !== 'trusted'; elapsedMs += 10) {
      if (!signals.excluded.has(bad)) {
        const exchange = signals.begin(bad, clock.nowMs());
        expect(exchange.watch).toBe('body');
        signals.onHeaders(exchange, 200, bad, false);
        clock.after(300, () => signals.onBody(exchange, Buffer.from('data: {}\n\n'), false));
        clock.after(400, () => expect(signals.health(bad).kind).toBe('trial'));
        clock.after(499, () => signals.onBody(exchange, Buffer.from('the end'), true));
        clock.after(500, () => signals.onEnd(exchange));
      }
      clock.advance(10);
    }
    expect(signals.health(bad).kind).toBe('trusted');
  });

  it('blames no pod for clients that leave, however many do', () => {
    for (const share of [0.1, 0.3, 0.6]) {
      const { transitions } = run((_address, random) => random() < share, 120);
      expect(transitions.filter(({ to }) => to.kind === 'quarantined')).toEqual([]);
    }
  });
});

describe('when clients make mistakes', () => {
  it.each([400, 413, 422])('never excludes a pod for %d', (status) => {
    const { signals, sendAll, warmUp } = start();
    warmUp();
    sendAll((address) => (address === bad ? { status, lastsMs: 500 } : normal), 100);
    expect([...signals.excluded]).toEqual([]);
  });

  it.each([404, 500])('excludes no pod for %d, which all pods answer alike', (status) => {
    const { clock, signals, sendAll, warmUp } = start();
    warmUp();
    sendAll(() => ({ status, lastsMs: 2 }), 100);
    clock.advance(100);
    expect([...signals.excluded]).toEqual([]);
  });

  it.each([
    [404, 0.02],
    [404, 0.05],
    [404, 0.2],
    [404, 0.45],
  ])('excludes no pod for %d in a share of %d of the requests, wherever they go', (status, share) => {
    const { clock, transitions, send, warmUp } = start();
    const random = seededRandom(7);
    warmUp();
    for (let nth = 0; nth < 6_000; nth += 1) {
      const address = addresses[Math.floor(random() * 3)] as string;
      send(address, random() < share ? { status, lastsMs: 2 } : normal);
      clock.advance(5);
    }
    expect(transitions.filter(({ to }) => to.kind === 'quarantined')).toHaveLength(0);
  });

  it.each([
    ['all of its requests at once', 1, 2],
    ['half of its requests at once', 0.5, 2],
    ['all of its requests after a second', 1, 1_000],
  ])('still excludes the one pod that fails %s', (_, share, lastsMs) => {
    const { clock, signals, transitions, send, warmUp } = start({ quarantineBaseMs: 60_000 });
    const random = seededRandom(7);
    warmUp();
    const answer = (address: string): Answer => {
      if (random() < 0.05) return { status: 404, lastsMs: 2 };
      return address === bad && random() < share ? { status: 500, lastsMs } : normal;
    };
    for (let nth = 0; nth < 600; nth += 1) {
      const address = addresses[Math.floor(random() * 3)] as string;
      if (!signals.excluded.has(address)) send(address, answer(address));
      clock.advance(10);
    }
    const excluded = transitions.filter(({ to }) => to.kind === 'quarantined');
    expect(excluded.map(({ address }) => address)).toEqual([bad]);
  });

  it('excludes no pod for a burst of requests of one client that all pods answer alike', () => {
    const { clock, signals, transitions, send, warmUp } = start();
    warmUp();
    for (let round = 0; round < 20; round += 1) {
      for (let nth = 0; nth < 10; nth += 1)
        send(addresses[(round + nth) % 3] as string, { status: 404, lastsMs: 2 });
      for (let step = 0; step < 100; step += 1) {
        send(addresses[step % 3] as string, normal);
        clock.advance(10);
      }
    }
    expect(transitions.filter(({ to }) => to.kind === 'quarantined')).toHaveLength(0);
    expect([...signals.excluded]).toEqual([]);
  });

  it('excludes no pod for requests that one client aborts at once, wherever they go', () => {
    const { clock, signals, warmUp } = start();
    warmUp();
    for (let round = 0; round < 100; round += 1) {
      for (const address of addresses) {
        const exchange = signals.begin(address, clock.nowMs());
        clock.after(5, () => {
          if (exchange.watch !== 'none') signals.onHeaders(exchange, 200, address, false);
          signals.onEnd(exchange);
        });
      }
      clock.advance(10);
    }
    expect([...signals.excluded]).toEqual([]);
  });
});

describe('when Envoy served a request elsewhere', () => {
  it('excludes the pod that it did not reach', () => {
    const { clock, signals, warmUp } = start({ quarantineBaseMs: 60_000, quarantineMaxMs: 60_000 });
    warmUp();
    for (let nth = 0; nth < 80; nth += 1) {
      const exchange = signals.begin(bad, clock.nowMs());
      clock.advance(500);
      if (exchange.watch !== 'none') signals.onHeaders(exchange, 200, well[0], false);
      signals.onEnd(exchange);
    }
    expect(signals.health(bad)).toMatchObject({ kind: 'quarantined', reason: 'unreachable' });
    expect(signals.health(well[0] as string).kind).toBe('trusted');
  });
});

describe('when a pod leaves the pool', () => {
  it('is forgotten, with its timer', () => {
    const { clock, signals, sendAll, warmUp } = start();
    warmUp();
    sendAll((address) => (address === bad ? { status: 500, lastsMs: 2 } : normal), 10);
    clock.advance(600);
    signals.keep(new Set(well));
    expect([...signals.excluded]).toEqual([]);
    expect(signals.health(bad).kind).toBe('trusted');
    signals.stop();
    expect(clock.pendingTimers).toBe(0);
  });
});
