import { type Lookup, type Resolution, resolutionOf } from '../../../src/pool/dns/lookup.ts';
import { HostResolver } from '../../../src/pool/hostResolver.ts';
import { parseEndpoints } from '../../../src/pool/parseEndpoint.ts';
import { eventually } from '../../support/eventually.ts';
import { RecordedReport } from './recordedReport.ts';

type Answer = readonly string[] | Resolution | Error | 'never';

let answers: Record<string, Answer>;
let lookups: string[];
let updates: string[][];
let whole: (boolean | undefined)[];
let report: RecordedReport;
let resolver: HostResolver;

beforeEach(() => {
  answers = {};
  lookups = [];
  updates = [];
  whole = [];
  report = new RecordedReport();
  resolver = resolverWith(5);
});
afterEach(() => resolver.stop());

const notFound = (name: string) => Object.assign(new Error(`ENOTFOUND ${name}`), { code: 'ENOTFOUND' });

function resolverWith(dnsRefreshMs: number): HostResolver {
  const lookup: Lookup = async ({ name }) => {
    lookups.push(name);
    const answer = answers[name] ?? notFound(name);
    if (answer === 'never') return new Promise(() => {});
    if (answer instanceof Error) throw answer;
    return 'hosts' in answer ? answer : resolutionOf(answer, undefined);
  };
  return new HostResolver('static', { dnsRefreshMs, report, lookup }, (endpoints, isWhole) => {
    updates.push(endpoints.map(({ address, weight }) => `${address} ${weight}`));
    whole.push(isWhole);
  });
}

const use = (...list: unknown[]) => resolver.use(parseEndpoints(list).endpoints);

describe('when an entry is a host name', () => {
  it('makes an endpoint of each of its addresses, with the traits of the entry', async () => {
    answers = { pods: ['10.0.0.2', '10.0.0.1', '10.0.0.2'], pods6: ['2001:DB8::0:1', 'fe80::1%eth0'] };
    await use({ address: 'pods:80', weight: 2 }, { address: 'pods6:80', weight: 2 });
    expect(updates).toEqual([['10.0.0.1:80 2', '10.0.0.2:80 2', '[2001:db8::1]:80 2']]);
  });

  it('makes one endpoint of a pod that has an address of each family', async () => {
    answers = { pod: ['2001:db8::1', '10.0.0.1'] };
    await use('pod:80');
    expect(updates).toEqual([['10.0.0.1:80 1']]);
  });

  it('resolves again after each interval', async () => {
    answers = { pods: ['10.0.0.1'] };
    await use('pods:80');
    answers = { pods: ['10.0.0.9'] };
    await eventually(() => updates.at(-1)?.[0] === '10.0.0.9:80 1');
  });

  it('resolves the host of two ports once', async () => {
    resolver.stop();
    resolver = resolverWith(60_000);
    answers = { pods: ['10.0.0.1'] };
    await use('pods:80', 'pods:81');
    expect(lookups).toEqual(['pods']);
    expect(updates).toEqual([['10.0.0.1:80 1', '10.0.0.1:81 1']]);
  });

  it('has at most two look-ups open, so that other work of the runtime goes on', async () => {
    answers = Object.fromEntries(Array.from({ length: 9 }, (_, nth) => [`pod-${nth}`, 'never' as const]));
    await use(...Object.keys(answers).map((host) => `${host}:80`));
    expect(lookups).toEqual(['pod-0', 'pod-1']);
    expect(report.reasons).toContain('earlier look-ups are still unanswered');
  });

  it("uses the system's resolver by default", async () => {
    resolver.stop();
    resolver = new HostResolver('static', { dnsRefreshMs: 5000, report }, (endpoints) => {
      updates.push(endpoints.map(({ address }) => address));
    });
    await use('localhost:80');
    expect(updates[0]).toContain('127.0.0.1:80');
  });
});

describe('when an entry is the name of SRV records', () => {
  it('has the port of each record, and its share of the weight of the entry', async () => {
    const host = (nth: number, weight: number) => ({ ip: `10.0.0.${nth}`, port: 8000 + nth, weight });
    answers = { '_vllm._tcp.models': { hosts: [host(1, 0.5), host(2, 1), host(3, 90)], ttlMs: undefined } };
    await use({ address: '_VLLM._tcp.models', weight: 2 });
    expect(updates).toEqual([['10.0.0.1:8001 1', '10.0.0.2:8002 2', '10.0.0.3:8003 100']]);
  });

  it('is a host name where it has a port, and must have one otherwise', async () => {
    answers = { '_vllm._tcp.models': ['10.0.0.1'] };
    await use('_vllm._tcp.models:80');
    expect(updates).toEqual([['10.0.0.1:80 1']]);
    expect(parseEndpoints(['vllm.models', '_vllm.models']).problems).toHaveLength(2);
  });
});

describe('a list with names', () => {
  it('is whole only when each name is resolved, or known not to exist', async () => {
    answers = { pods: ['10.0.0.1'], lost: new Error('SERVFAIL') };
    await use('pods:80', 'lost:80', 'missing:80');
    expect([updates, whole]).toEqual([[['10.0.0.1:80 1']], [false]]);
    expect(report.warnings.map(({ fields }) => [fields.event, fields.host])).toEqual([
      ['host.unknown', 'lost'],
      ['host.lookup-failed', 'missing'],
    ]);
    answers = { ...answers, lost: notFound('lost') };
    await eventually(() => whole.at(-1) === true);
    expect(updates.at(-1)).toEqual(['10.0.0.1:80 1']);
    // What was once known stays known.
    answers = { ...answers, pods: new Error('SERVFAIL') };
    await eventually(() => report.reasons.filter((reason) => reason === 'SERVFAIL').length === 2);
    expect(whole.at(-1)).toBe(true);
  });
});

describe('when no entry is a host name', () => {
  it('passes on its endpoints at once, without a lookup', async () => {
    await use('10.0.0.1:80');
    expect(updates).toEqual([['10.0.0.1:80 1']]);
    expect(lookups).toEqual([]);
  });
});

describe('when a lookup fails', () => {
  it('keeps the last answer, logs each reason once, and logs that lookups succeed again', async () => {
    answers = { pods: ['10.0.0.1'] };
    await use('pods:80');
    answers = { pods: new Error('SERVFAIL') };
    await eventually(() => report.counts.length >= 3);
    answers = { pods: [] };
    await eventually(() => report.warnings.length === 2);
    expect(report.reasons).toEqual(['SERVFAIL', 'it has no addresses']);
    expect(report.warnings[0]?.fields).toMatchObject({ host: 'pods', kept: ['10.0.0.1'] });
    expect(report.counts[0]).toBe('failed-lookup static');
    expect(updates.at(-1)).toEqual(['10.0.0.1:80 1']);
    answers = { pods: ['10.0.0.2'] };
    await eventually(() => updates.at(-1)?.[0] === '10.0.0.2:80 1');
    expect(report.infos).toMatchObject([{ fields: { event: 'host.resolved', host: 'pods' } }]);
  });

  it('does not affect the other hosts', async () => {
    answers = { good: ['10.0.0.1'] };
    await use('bad:80', 'good:80');
    expect(updates[0]).toEqual(['10.0.0.1:80 1']);
  });
});

describe('when DNS never answers', () => {
  it('begins with the plain addresses', async () => {
    answers = { slow: 'never' };
    resolver.stop();
    resolver = resolverWith(60_000);
    await use('slow:80', '10.0.0.1:80');
    expect(updates).toEqual([['10.0.0.1:80 1']]);
  });

  it('times out after an interval, and starts no second lookup while the first one is open', async () => {
    answers = { slow: 'never' };
    await use('slow:80');
    expect(updates).toEqual([[]]);
    resolver.stop();
    expect(lookups).toEqual(['slow']);
    expect(report.reasons).toEqual(['no answer in 5 ms']);
  });
});

describe('when the list is replaced', () => {
  it('passes on a list only with the addresses of its hosts', async () => {
    answers = { a: ['10.0.0.1'], b: ['10.0.0.2'] };
    await use('a:80', '10.0.0.7:80');
    await eventually(() => updates.at(-1)?.length === 2);
    updates.length = 0;
    await use('b:80', '10.0.0.7:80');
    expect(updates[0]).toEqual(['10.0.0.2:80 1', '10.0.0.7:80 1']);
    lookups.length = 0;
    await eventually(() => lookups.length >= 2);
    expect(lookups).not.toContain('a');
  });
});

describe('when it is stopped', () => {
  it('passes on nothing and resolves nothing any more', async () => {
    let answer = (_addresses: string[]): void => {};
    const lookup: Lookup = async () =>
      resolutionOf(
        await new Promise<string[]>((resolve) => {
          answer = resolve;
        }),
        undefined,
      );
    const slow = new HostResolver('static', { dnsRefreshMs: 60_000, report, lookup }, () =>
      updates.push(['after stop']),
    );
    const used = slow.use(parseEndpoints(['pods:80']).endpoints);
    slow.stop();
    answer(['10.0.0.1']);
    await used;
    await slow.use(parseEndpoints(['10.0.0.1:80']).endpoints);
    expect(updates).toEqual([]);
  });
});
