import { HostResolver } from '../../../src/pool/hostResolver.ts';
import { parseEndpoints } from '../../../src/pool/parseEndpoint.ts';
import { eventually } from '../../support/eventually.ts';
import { RecordedReport } from './recordedReport.ts';

type Answer = readonly string[] | Error | 'never';

let answers: Record<string, Answer>;
let lookups: string[];
let updates: string[][];
let report: RecordedReport;
let resolver: HostResolver;

beforeEach(() => {
  answers = {};
  lookups = [];
  updates = [];
  report = new RecordedReport();
  resolver = resolverWith(5);
});
afterEach(() => resolver.stop());

function resolverWith(dnsRefreshMs: number): HostResolver {
  const resolveHost = (host: string): Promise<readonly string[]> => {
    lookups.push(host);
    const answer = answers[host] ?? new Error(`ENOTFOUND ${host}`);
    if (answer === 'never') return new Promise(() => {});
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return new HostResolver('static', { dnsRefreshMs, report, resolveHost }, (endpoints) => {
    updates.push(endpoints.map(({ address, weight }) => `${address} ${weight}`));
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
    await eventually(() => report.counts.length >= 3);
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
    const resolveHost = () =>
      new Promise<string[]>((resolve) => {
        answer = resolve;
      });
    const slow = new HostResolver('static', { dnsRefreshMs: 60_000, report, resolveHost }, () =>
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
