import { HostResolver } from '../../../src/pool/hostResolver.ts';
import { parseEndpoints } from '../../../src/pool/parseEndpoint.ts';
import { eventually } from '../../support/eventually.ts';
import { RecordedReport } from './recordedReport.ts';

type Answer = readonly string[] | Error | 'never';

let answers: Record<string, Answer>;
let asked: string[];
let told: string[][];
let report: RecordedReport;
let resolver: HostResolver;

beforeEach(() => {
  answers = {};
  asked = [];
  told = [];
  report = new RecordedReport();
  resolver = resolverWith(5);
});
afterEach(() => resolver.stop());

function resolverWith(dnsRefreshMs: number): HostResolver {
  const resolveHost = (host: string): Promise<readonly string[]> => {
    asked.push(host);
    const answer = answers[host] ?? new Error(`ENOTFOUND ${host}`);
    if (answer === 'never') return new Promise(() => {});
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return new HostResolver('static', { dnsRefreshMs, report, resolveHost }, (endpoints) => {
    told.push(endpoints.map(({ address, weight }) => `${address} ${weight}`));
  });
}

const use = (...list: unknown[]) => resolver.use(parseEndpoints(list).endpoints);

describe('when an entry is a host name', () => {
  it('makes an endpoint of each of its addresses, with the traits of the entry', async () => {
    answers = { pods: ['10.0.0.2', '2001:DB8::0:1', '10.0.0.1', '10.0.0.2', 'fe80::1%eth0'] };
    await use({ address: 'pods:80', weight: 2 });
    expect(told).toEqual([['10.0.0.1:80 2', '10.0.0.2:80 2', '[2001:db8::1]:80 2']]);
  });

  it('asks again on every interval', async () => {
    answers = { pods: ['10.0.0.1'] };
    await use('pods:80');
    answers = { pods: ['10.0.0.9'] };
    await eventually(() => told.at(-1)?.[0] === '10.0.0.9:80 1');
  });

  it('asks once for two ports of one host', async () => {
    resolver.stop();
    resolver = resolverWith(60_000);
    answers = { pods: ['10.0.0.1'] };
    await use('pods:80', 'pods:81');
    expect(asked).toEqual(['pods']);
    expect(told).toEqual([['10.0.0.1:80 1', '10.0.0.1:81 1']]);
  });

  it('resolves by the system unless told otherwise', async () => {
    resolver.stop();
    resolver = new HostResolver('static', { dnsRefreshMs: 5000, report }, (endpoints) => {
      told.push(endpoints.map(({ address }) => address));
    });
    await use('localhost:80');
    expect(told[0]).toContain('127.0.0.1:80');
  });
});

describe('when no entry is a host name', () => {
  it('tells at once and never asks', async () => {
    await use('10.0.0.1:80');
    expect(told).toEqual([['10.0.0.1:80 1']]);
    expect(asked).toEqual([]);
  });
});

describe('when a look-up fails', () => {
  it('keeps the last answer, says so once for each reason, and says when it is over', async () => {
    answers = { pods: ['10.0.0.1'] };
    await use('pods:80');
    answers = { pods: new Error('SERVFAIL') };
    await eventually(() => report.counts.length >= 3);
    answers = { pods: [] };
    await eventually(() => report.warnings.length === 2);
    expect(report.reasons).toEqual(['SERVFAIL', 'it has no addresses']);
    expect(report.warnings[0]?.fields).toMatchObject({ host: 'pods', kept: ['10.0.0.1'] });
    expect(report.counts[0]).toBe('failed-lookup static');
    expect(told.at(-1)).toEqual(['10.0.0.1:80 1']);
    answers = { pods: ['10.0.0.2'] };
    await eventually(() => told.at(-1)?.[0] === '10.0.0.2:80 1');
    expect(report.infos).toMatchObject([{ fields: { event: 'host.resolved', host: 'pods' } }]);
  });

  it('does not take the other hosts along', async () => {
    answers = { good: ['10.0.0.1'] };
    await use('bad:80', 'good:80');
    expect(told[0]).toEqual(['10.0.0.1:80 1']);
  });
});

describe('when DNS never answers', () => {
  it('begins with the plain addresses', async () => {
    answers = { slow: 'never' };
    resolver.stop();
    resolver = resolverWith(60_000);
    await use('slow:80', '10.0.0.1:80');
    expect(told).toEqual([['10.0.0.1:80 1']]);
  });

  it('gives up after an interval, and does not ask a second time while the first look-up is open', async () => {
    answers = { slow: 'never' };
    await use('slow:80');
    expect(told).toEqual([[]]);
    await eventually(() => report.counts.length >= 3);
    expect(asked).toEqual(['slow']);
    expect(report.reasons).toEqual(['no answer in 5 ms']);
  });
});

describe('when the list is replaced', () => {
  it('never tells of a list without the answers for it', async () => {
    answers = { a: ['10.0.0.1'], b: ['10.0.0.2'] };
    await use('a:80', '10.0.0.7:80');
    await eventually(() => told.at(-1)?.length === 2);
    told.length = 0;
    await use('b:80', '10.0.0.7:80');
    expect(told[0]).toEqual(['10.0.0.2:80 1', '10.0.0.7:80 1']);
    asked.length = 0;
    await eventually(() => asked.length >= 2);
    expect(asked).not.toContain('a');
  });
});

describe('when it is stopped', () => {
  it('tells nothing and asks nothing any more', async () => {
    let answer = (_addresses: string[]): void => {};
    const resolveHost = () =>
      new Promise<string[]>((resolve) => {
        answer = resolve;
      });
    const slow = new HostResolver('static', { dnsRefreshMs: 60_000, report, resolveHost }, () =>
      told.push(['told']),
    );
    const used = slow.use(parseEndpoints(['pods:80']).endpoints);
    slow.stop();
    answer(['10.0.0.1']);
    await used;
    await slow.use(parseEndpoints(['10.0.0.1:80']).endpoints);
    expect(told).toEqual([]);
  });
});
