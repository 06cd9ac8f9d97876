import { LabelledCounter } from '../../../src/telemetry/labelledCounter.ts';
import {
  counter,
  gauge,
  gaugesOf,
  histogram,
  label,
  labelOr,
  openLabel,
  series,
} from '../../../src/telemetry/metric.ts';
import { startTelemetry, type Telemetry } from '../../../src/telemetry/telemetry.ts';

const texts = { means: 'For this test', worry: 'Never.' };

describe('a counter', () => {
  it('starts at 0 for every value that is declared', () => {
    const made = new LabelledCounter([label('outcome', ['ok', 'failed'])]);
    expect([...made.entries()]).toEqual([
      [0, 'ok', ''],
      [0, 'failed', ''],
    ]);
  });

  it('counts a value that is not declared as the declared other one', () => {
    const made = new LabelledCounter([labelOr('policy', ['random'], 'unknown'), label('outcome', ['route'])]);
    made.add('random', 'route');
    made.add('evil', 'route');
    expect([...made.entries()]).toEqual([
      [1, 'random', 'route'],
      [1, 'unknown', 'route'],
    ]);
  });

  it('adds a value of an open label when it first occurs', () => {
    const made = new LabelledCounter([openLabel('source', 'configured sources')]);
    made.add('file a.yaml');
    made.add('file a.yaml');
    expect([...made.entries()]).toEqual([[2, 'file a.yaml', '']]);
  });

  it('needs no label', () => {
    const made = new LabelledCounter([]);
    made.add();
    expect(made.of()).toBe(1);
  });

  it('refuses an open label that is not the first, and a third label', () => {
    expect(() => new LabelledCounter([label('a', ['1']), openLabel('b', 'texts')])).toThrow();
    expect(() => new LabelledCounter([label('a', ['1']), label('b', ['1']), label('c', ['1'])])).toThrow();
  });
});

describe('exported metrics', () => {
  let telemetry: Telemetry;
  const metricsText = async () => [...(await telemetry.metricsText()).parts].join('');
  beforeEach(async () => {
    telemetry = await startTelemetry({ logLevel: 'silent', instance: { id: 'a', release: '1' } });
  });
  afterEach(() => telemetry.stop());

  it('name the instance and its release', async () => {
    expect(await metricsText()).toContain('baton_info{id="a",release="1"} 1');
  });

  it('show a counter with its labels and its meaning', async () => {
    const labels = [label('outcome', ['ok', 'failed'])] as const;
    const { writes } = telemetry.instruments({ writes: counter({ name: 'test_writes', labels, ...texts }) });
    writes.add('failed');
    const text = await metricsText();
    expect(text).toContain('# HELP test_writes_total For this test\n');
    expect(text).toContain('test_writes_total{outcome="ok"} 0\ntest_writes_total{outcome="failed"} 1\n');
  });

  it('show gauges as the state is when they are read, and none that has no value', async () => {
    const busy = gauge<readonly (readonly [string, number])[]>({
      name: 'test_busy',
      labels: [openLabel('endpoint', 'addresses')],
      read: (pods) => pods.map(([address, count]) => [count, address]),
      ...texts,
    });
    const age = gauge<number | null>({ name: 'test_age', labels: [], read: (ageMs) => ageMs, ...texts });
    let reads = 0;
    let state: { readonly pods: readonly (readonly [string, number])[]; readonly ageMs: number | null } = {
      pods: [['a:80', 3]],
      ageMs: 7,
    };
    const read = () => {
      reads += 1;
      return state;
    };
    telemetry.observe(read, [...gaugesOf('pods', [busy]), ...gaugesOf('ageMs', [age])]);
    const first = await metricsText();
    expect(first).toContain('test_busy{endpoint="a:80"} 3\n');
    expect(first).toContain('test_age 7\n');
    expect(reads).toBe(1);

    state = { pods: [['b:80', 1]], ageMs: null };
    const second = await metricsText();
    expect(second).toContain('test_busy{endpoint="b:80"} 1\n');
    expect(second).not.toMatch(/test_age|a:80/);
  });

  it('show each item of a long list, as it is when its line is read', async () => {
    const counts = new Map(Array.from({ length: 12_000 }, (_, index) => [`10.0.0.1:${index}`, 1]));
    telemetry.observeEach(() => counts, [busySeries]);
    const lines = (await telemetry.metricsText()).parts[Symbol.iterator]();
    const [, , first] = [lines.next().value, lines.next().value, lines.next().value];
    expect(first).toBe('test_busy{endpoint="10.0.0.1:0"} 1\n');
    counts.set('10.0.0.1:11999', 7);
    const rest = [...{ [Symbol.iterator]: () => lines }];
    expect(rest).toHaveLength(11_999);
    expect(rest.at(-1)).toBe('test_busy{endpoint="10.0.0.1:11999"} 7\n');
  });

  it('are one metric where parts with different labels raise them', async () => {
    const declared = {
      hits: counter({ name: 'test_hits', labels: [label('kind', ['x'])], ...texts }),
      took: histogram({ name: 'test_took', unit: 's', buckets: [1], ...texts }),
    };
    const gauges = [gauge<number>({ name: 'test_size', labels: [], read: (size) => size, ...texts })];
    for (const [pool, count] of [
      ['a', 1],
      ['b', 2],
    ] as const) {
      const { hits, took } = telemetry.instruments(declared, { pool });
      hits.increase(count, 'x');
      for (let nth = 0; nth < count; nth += 1) took.record(0.5);
      telemetry.observe(() => count, gauges, { pool });
      telemetry.observeEach(() => [['a:80', count]] as const, [busySeries], { pool });
    }
    const text = await metricsText();
    const linesOf = (name: string) => text.split('\n').filter((line) => line.startsWith(name));
    expect(linesOf('test_hits_total')).toEqual([
      'test_hits_total{kind="x",pool="a"} 1',
      'test_hits_total{kind="x",pool="b"} 2',
    ]);
    expect(linesOf('test_took_count')).toEqual([
      'test_took_count{pool="a"} 1',
      'test_took_count{pool="b"} 2',
    ]);
    expect(linesOf('test_size')).toEqual(['test_size{pool="a"} 1', 'test_size{pool="b"} 2']);
    expect(linesOf('test_busy')).toEqual([
      'test_busy{endpoint="a:80",pool="a"} 1',
      'test_busy{endpoint="a:80",pool="b"} 2',
    ]);
    for (const name of ['test_hits_total', 'test_took', 'test_size', 'test_busy'])
      expect(linesOf(`# TYPE ${name} `)).toHaveLength(1);
  });

  it('escape the labels of such a list', async () => {
    telemetry.observeEach(() => [['a"} 1\nevil{b="\\', 1]] as const, [busySeries]);
    const [, , line] = (await telemetry.metricsText()).parts;
    expect(line).toBe('test_busy{endpoint="a\\"} 1\\nevil{b=\\"\\\\"} 1\n');
  });
});

const busySeries = series<readonly [address: string, count: number]>({
  name: 'test_busy',
  labels: [openLabel('endpoint', 'addresses')],
  of: ([address, count]) => [count, address],
  ...texts,
});
