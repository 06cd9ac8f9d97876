import { addressLookup } from '../../../../src/pool/dns/dnsLookup.ts';
import { type DnsName, dnsNameOf, type Lookup, resolutionOf } from '../../../../src/pool/dns/lookup.ts';
import { NameLookups } from '../../../../src/pool/dns/nameLookups.ts';
import { DnsServer } from '../../../support/dnsServer.ts';
import { eventually } from '../../../support/eventually.ts';
import { ManualClock } from '../../../support/manualClock.ts';

const refreshMs = 5_000;
let clock: ManualClock;
let asked: string[];
let ended: number;
let failures: string[];
let recovered: string[];
let changes: number;
let lookups: NameLookups;

function createLookups(lookup: Lookup): NameLookups {
  clock = new ManualClock();
  asked = [];
  ended = 0;
  failures = [];
  recovered = [];
  changes = 0;
  lookups = new NameLookups({
    refreshMs,
    clock,
    lookup: (name, signal) => {
      asked.push(name.name);
      return lookup(name, signal).finally(() => {
        ended += 1;
      });
    },
    onChange: () => {
      changes += 1;
    },
    onFailure: (name, reason) => failures.push(`${name} ${reason}`),
    onRecovery: (name) => recovered.push(name),
  });
  return lookups;
}
afterEach(() => lookups.stop());

const ips = (name: DnsName) => lookups.hostsOf(name).map(({ ip }) => ip);

describe('the addresses of a name in DNS', () => {
  const name = dnsNameOf('pods.example.');
  let dns: DnsServer;
  beforeEach(async () => {
    dns = await new DnsServer().start();
    createLookups((of, signal) => addressLookup(of.name, signal, { servers: [dns.address] }));
  });
  afterEach(async () => {
    lookups.stop();
    await dns.stop();
  });
  /** The answer has come, and the next lookup is due in a time that the clock knows. */
  const answered = (times: number) =>
    eventually(() => expect([ended, clock.pendingTimers]).toEqual([times, 1]));

  it.each([
    [7, 7_000],
    [600, 600_000],
    [0, 1_000],
    [86_400, 3_600_000],
  ])('are asked for again when their time to live of %d s is over', async (ttl, afterMs) => {
    dns.set('pods.example', { ip: '10.0.0.1', ttl });
    await lookups.follow([name]);
    await answered(1);
    dns.set('pods.example', { ip: '10.0.0.2', ttl });
    clock.advance(afterMs - 1);
    expect(asked).toHaveLength(1);
    clock.advance(1);
    expect(asked).toHaveLength(2);
    await eventually(() => expect(ips(name)).toEqual(['10.0.0.2']));
    expect(changes).toBe(2);
  });

  it('stay while the server fails, which is asked again after the usual time', async () => {
    dns.set('pods.example', { ip: '10.0.0.1', ttl: 600 });
    await lookups.follow([name]);
    await answered(1);
    dns.faults.set('pods.example', 'fails');
    clock.advance(600_000);
    await answered(2);
    expect([failures.length, ips(name), lookups.isKnown(name)]).toEqual([1, ['10.0.0.1'], true]);
    dns.faults.clear();
    clock.advance(refreshMs);
    await answered(3);
    expect([recovered, changes]).toEqual([['pods.example.'], 1]);
  });

  it('are not known while the server fails, and known to be none where there is no such name', async () => {
    dns.faults.set('pods.example', 'fails');
    await lookups.follow([name]);
    expect(lookups.isKnown(name)).toBe(false);
    await answered(1);
    dns.faults.clear();
    clock.advance(refreshMs);
    await eventually(() => expect([lookups.isKnown(name), changes]).toEqual([true, 1]));
    expect(ips(name)).toEqual([]);
  });

  it('of hundreds of names are all there', async () => {
    const names = Array.from({ length: 400 }, (_, i) => dnsNameOf(`p${i}.example.`));
    for (const [i] of names.entries()) dns.set(`p${i}.example`, { ip: `10.0.${i >> 8}.${i & 255}` });
    await lookups.follow(names);
    expect(names.flatMap(ips)).toHaveLength(400);
    expect(failures).toEqual([]);
  });
});

describe('names that are given up', () => {
  it('are not asked for again, and their lookups are cancelled', async () => {
    const cancelled: string[] = [];
    createLookups(({ name }, signal) => {
      if (name === 'a.') return Promise.resolve(resolutionOf(['10.0.0.1'], undefined));
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          cancelled.push(name);
          reject(new Error('cancelled'));
        });
      });
    });
    const [a, b] = [dnsNameOf('a.'), dnsNameOf('b.')];
    const following = lookups.follow([a, b]);
    lookups.keepOnly([a]);
    await following;
    expect([cancelled, ips(a), ips(b), failures]).toEqual([['b.'], ['10.0.0.1'], [], []]);
    clock.advance(refreshMs);
    expect(asked).toEqual(['a.', 'b.', 'a.']);
  });
});

/** What a place of a lookup waits for. */
const nextTurn = () => new Promise(setImmediate);

describe('names whose server does not answer', () => {
  /** Like DNS: it can be cancelled. Like the system's resolver: it cannot, and ends much later. */
  const silent = (signal: AbortSignal | undefined) =>
    new Promise<never>((_resolve, reject) => {
      const end = () => reject(new Error('timed out'));
      if (signal) signal.addEventListener('abort', end);
      else clock.after(30_000, end);
    });
  const isSilent = (name: string) => name.startsWith('silent');
  const mixed = (dot: string) => {
    const of = (kind: string) => Array.from({ length: 100 }, (_, i) => dnsNameOf(`${kind}${i}${dot}`));
    return { all: [...of('silent'), ...of('good')], good: of('good') };
  };

  it.each([
    ['in DNS', '.', 6],
    ["of the system's resolver", '', 400],
  ])('do not keep the others from their turn: %s', async (_where, dot, firstRounds) => {
    createLookups(({ name, kind }, signal) =>
      isSilent(name)
        ? silent(kind === 'system' ? undefined : signal)
        : Promise.resolve(resolutionOf(['10.0.0.1'], undefined)),
    );
    const { all, good } = mixed(dot);
    const following = lookups.follow(all);
    const run = async (rounds: number) => {
      for (let round = 0; round < rounds; round += 1) {
        clock.advance(refreshMs);
        for (let turn = 0; turn < 20; turn += 1) await nextTurn();
      }
    };
    await run(firstRounds);
    await following;
    expect(good.flatMap(ips)).toHaveLength(100);
    // Now that they are known to be slow, each of the others is asked in each round.
    asked.length = 0;
    await run(10);
    const times = good.map(({ name }) => asked.filter((one) => one === name).length);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(9);
  });
});
