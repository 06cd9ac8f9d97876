import { CompositePool } from '../../../src/pool/compositePool.ts';
import type { EndpointHealth, EndpointSource, HealthChange, OnEndpoints } from '../../../src/pool/pool.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import { eventually } from '../../support/eventually.ts';
import { RecordedReport } from './recordedReport.ts';

class FakeSource implements EndpointSource {
  readonly name: string;
  readonly #failure: Error | undefined;
  publish: OnEndpoints = () => {};
  stops = 0;

  constructor(name: string, failure?: Error) {
    this.name = name;
    this.#failure = failure;
  }

  async start(publish: OnEndpoints): Promise<void> {
    if (this.#failure) throw this.#failure;
    this.publish = publish;
  }

  async stop(): Promise<void> {
    this.stops++;
  }
}

class FakeHealth implements EndpointHealth {
  readonly healthy = new Set<string>();
  watched: ReadonlySet<string> = new Set();
  stops = 0;
  #listener: (verdict: HealthChange) => void = () => {};

  watch(addresses: ReadonlySet<string>): void {
    this.watched = addresses;
  }
  isHealthy(address: string): boolean {
    return this.healthy.has(address);
  }
  faultOf() {
    return undefined;
  }
  isDoubtful() {
    return false;
  }
  onVerdict(listener: (verdict: HealthChange) => void): () => void {
    this.#listener = listener;
    return () => {};
  }
  async stop(): Promise<void> {
    this.stops++;
  }
  report(address: string, healthy: boolean): void {
    if (healthy) this.healthy.add(address);
    else this.healthy.delete(address);
    this.#listener({ address, healthy, reason: 'reported' });
  }
}

const endpoint = (address: string, weight = 1): Endpoint => ({ address, weight, labels: {}, models: [] });
const list = (...addresses: string[]) => addresses.map((address) => endpoint(address));
const addressesOf = (endpoints: readonly Endpoint[]) => endpoints.map(({ address }) => address);

const report = { current: new RecordedReport() };
beforeEach(() => {
  report.current = new RecordedReport();
});

async function started(sources: FakeSource[], health?: FakeHealth) {
  const pool = new CompositePool({ sources, health, report: report.current });
  await pool.start();
  const changes = { count: 0 };
  const silence = pool.onChange(() => changes.count++);
  return { pool, changes, silence };
}

describe('when there is no prober', () => {
  it('has every endpoint ready as soon as a source lists it, and reports that', async () => {
    const source = new FakeSource('static');
    const { pool } = await started([source]);
    source.publish(list('a', 'b'));
    expect(addressesOf(pool.ready())).toEqual(['a', 'b']);
    expect(pool.ready()).toBe(pool.all());
    source.publish(list('b'));
    expect(report.current.infos.map(({ fields }) => `${fields.endpoint} ${fields.ready}`)).toEqual([
      'a true',
      'b true',
      'a false',
    ]);
  });
});

describe('when a prober gives its verdicts', () => {
  it('has ready what is healthy, and calls back once for the verdicts that come together', async () => {
    const health = new FakeHealth();
    const source = new FakeSource('static');
    const { pool, changes } = await started([source], health);
    source.publish(list('a', 'b', 'c'));
    expect([...health.watched]).toEqual(['a', 'b', 'c']);
    expect([addressesOf(pool.all()), addressesOf(pool.ready())]).toEqual([['a', 'b', 'c'], []]);
    changes.count = 0;
    health.report('c', true);
    health.report('a', true);
    await eventually(() => changes.count > 0);
    expect(addressesOf(pool.ready())).toEqual(['a', 'c']);
    health.report('a', false);
    await eventually(() => changes.count > 1);
    expect(addressesOf(pool.ready())).toEqual(['c']);
    expect(report.current.infos.map(({ fields }) => fields)).toEqual([
      { event: 'endpoint.ready', endpoint: 'c', ready: true, reason: 'reported' },
      { event: 'endpoint.ready', endpoint: 'a', ready: true, reason: 'reported' },
      { event: 'endpoint.unready', endpoint: 'a', ready: false, reason: 'reported' },
    ]);
  });

  it('removes a ready endpoint that no source lists any more, at once, and logs the reason', async () => {
    const health = new FakeHealth();
    const source = new FakeSource('static');
    const { pool, changes } = await started([source], health);
    source.publish(list('a', 'b'));
    health.report('a', true);
    await eventually(() => changes.count > 1);
    source.publish(list('b'));
    expect(pool.ready()).toEqual([]);
    expect(report.current.infos.at(-1)?.fields).toMatchObject({
      endpoint: 'a',
      reason: 'no source lists it',
    });
  });
});

describe('when a large pool gets its verdicts one by one', () => {
  it('selects the ready endpoints once for many of them', async () => {
    const health = new FakeHealth();
    const source = new FakeSource('file');
    const { pool, changes } = await started([source], health);
    const names = Array.from({ length: 2_000 }, (_, nth) => `e${nth}`);
    source.publish(list(...names));
    await eventually(() => pool.all().length === names.length);
    changes.count = 0;
    for (const name of names.slice(0, 200)) {
      health.report(name, true);
      await new Promise(setImmediate);
    }
    await eventually(() => pool.ready().length === 200);
    expect(changes.count).toBeLessThan(50);
  });
});

describe('when nothing changes', () => {
  it('answers the same arrays with the same objects, and calls no listener', async () => {
    const source = new FakeSource('static');
    const { pool, changes } = await started([source]);
    source.publish(list('a', 'b'));
    const before = pool.ready();
    source.publish(list('a', 'b'));
    expect(pool.ready()).toBe(before);
    expect(changes.count).toBe(1);
  });

  it('keeps the objects of the endpoints that stay', async () => {
    const source = new FakeSource('static');
    const { pool, changes } = await started([source]);
    source.publish(list('a', 'b'));
    const [a] = pool.ready();
    source.publish([endpoint('a'), endpoint('b', 2)]);
    expect(pool.ready()[0]).toBe(a);
    expect(pool.ready()[1]?.weight).toBe(2);
    expect(changes.count).toBe(2);
  });
});

describe('when several sources name endpoints', () => {
  it('merges them; for one address the first source decides, which is logged once', async () => {
    const first = new FakeSource('static');
    const second = new FakeSource('etcd');
    const { pool } = await started([first, second]);
    second.publish([endpoint('a', 5), endpoint('b')]);
    expect(pool.all()[0]?.weight).toBe(5);
    first.publish([endpoint('a', 3)]);
    second.publish([endpoint('a', 5), endpoint('c')]);
    expect(pool.all().map(({ address, weight }) => `${address} ${weight}`)).toEqual(['a 3', 'c 1']);
    expect(report.current.warnings.map(({ fields }) => fields)).toEqual([
      { event: 'endpoint.duplicate', endpoint: 'a', source: 'etcd', first: 'static' },
    ]);
    expect(report.current.counts).toEqual(['duplicate-endpoint etcd']);
    first.publish([]);
    expect(pool.all()[0]?.weight).toBe(5);
  });
});

describe('when a source cannot start', () => {
  it('rejects with its error and stops the others', async () => {
    const good = new FakeSource('static');
    const health = new FakeHealth();
    const sources = [good, new FakeSource('file', new Error('file cannot be used'))];
    const pool = new CompositePool({ sources, health, report: report.current });
    await expect(pool.start()).rejects.toThrow(/^file cannot be used$/);
    expect([good.stops, health.stops]).toEqual([1, 1]);
  });

  it('names all the reasons when there are several', async () => {
    const sources = [new FakeSource('a', new Error('one')), new FakeSource('b', new Error('two'))];
    await expect(new CompositePool({ sources, report: report.current }).start()).rejects.toThrow('one; two');
  });
});

describe('when it is stopped', () => {
  it('stops sources and prober once, keeps its lists and calls no listener', async () => {
    const source = new FakeSource('static');
    const health = new FakeHealth();
    const { pool, changes } = await started([source], health);
    source.publish(list('a'));
    health.report('a', true);
    await Promise.all([pool.stop(), pool.stop()]);
    source.publish(list('b'));
    health.report('a', false);
    await new Promise(setImmediate);
    expect([source.stops, health.stops, changes.count]).toEqual([1, 1, 1]);
    expect(addressesOf(pool.all())).toEqual(['a']);
  });
});

describe('when a listener no longer cares', () => {
  it('is not called', async () => {
    const source = new FakeSource('static');
    const { changes, silence } = await started([source]);
    silence();
    source.publish(list('a'));
    expect(changes.count).toBe(0);
  });
});

describe('when the pool has 10,000 endpoints', () => {
  it('reads its ready list without making it', async () => {
    const source = new FakeSource('static');
    const { pool } = await started([source]);
    source.publish(Array.from({ length: 10_000 }, (_, index) => endpoint(`e${index}`)));
    const lists = new Set(Array.from({ length: 1000 }, () => pool.ready()));
    expect(lists.size).toBe(1);
  });
});

describe('when a source lists thousands of endpoints', () => {
  it('merges them in steps, between which decisions are made, and ends with the last list', async () => {
    const source = new FakeSource('static');
    const { pool, changes } = await started([source]);
    const large = (weight: number) => Array.from({ length: 5_000 }, (_, nth) => endpoint(`e${nth}`, weight));
    source.publish(large(1));
    expect(pool.all()).toEqual([]);
    source.publish(large(2));
    source.publish(large(3));
    await eventually(() => changes.count > 1);
    expect(pool.all()).toHaveLength(5_000);
    expect(pool.ready()[4_999]?.weight).toBe(3);
    await pool.stop();
  });
});

describe('a pool whose sources have not all given a list', () => {
  it('is not known, and says so when the last one gives its list, even an empty one', async () => {
    const sources = [new FakeSource('static'), new FakeSource('etcd')];
    const { pool, changes } = await started(sources);
    sources[0]?.publish(list('10.0.0.1:8000'));
    expect([pool.isKnown, changes.count]).toEqual([false, 1]);
    sources[1]?.publish([]);
    expect([pool.isKnown, changes.count]).toEqual([true, 2]);
  });

  it('is not known while a list is not whole, and stays known when a later one is not', async () => {
    const source = new FakeSource('static');
    const { pool, changes } = await started([source]);
    source.publish(list('10.0.0.1:8000'), false);
    expect([pool.isKnown, changes.count]).toEqual([false, 1]);
    source.publish(list('10.0.0.1:8000'), true);
    expect([pool.isKnown, changes.count]).toEqual([true, 2]);
    source.publish(list('10.0.0.1:8000', '10.0.0.2:8000'), false);
    expect([pool.isKnown, changes.count]).toEqual([true, 3]);
  });

  it('is known when there is no source', async () => {
    expect((await started([])).pool.isKnown).toBe(true);
  });
});

describe('a first verdict that changes neither list', () => {
  it('is told to those who show the health of endpoints', async () => {
    const source = new FakeSource('static');
    const health = new FakeHealth();
    const { changes } = await started([source], health);
    source.publish(list('10.0.0.1:8000'));
    health.report('10.0.0.1:8000', false);
    await eventually(() => expect(changes.count).toBe(2));
  });
});
