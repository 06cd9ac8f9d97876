import { hasControlCharacters } from '../../controlCharacters.ts';
import { longestName } from '../../nameForms.ts';
import { mostInFlight } from '../../proto/records/fields.ts';
import { mostAdapters, type PodAdapters, type PodReading } from '../../proto/records/podReading.ts';
import {
  countOf,
  type EngineNames,
  engines,
  processStart,
  type SeriesName,
  sumOf,
  wantedNames,
} from './engineNames.ts';
import { labelOf, type MetricSample, samplesOf } from './prometheusSamples.ts';

/** Series of one metric; one for each model and rank. */
const mostSeries = 1_024;

/** By metric, by labels as written: a series that comes twice counts once, the last. */
type Series = ReadonlyMap<string, ReadonlyMap<string, MetricSample>>;

/**
 * What an engine says in its metrics, among other series in the text; each number is judged by
 * itself. undefined: no engine that is known wrote it. Never throws.
 */
export function readEngineMetrics(text: string): PodReading | undefined {
  const series = collect(text);
  const names = engines.find(({ waiting, running }) =>
    [...waiting, ...running].some((one) => has(series, one)),
  );
  return names && readingOf(series, names);
}

function collect(text: string): Series {
  const series = new Map<string, Map<string, MetricSample>>();
  for (const sample of samplesOf(text, (name) => wantedNames.has(name))) {
    const known = series.get(sample.name) ?? new Map<string, MetricSample>();
    series.set(sample.name, known);
    if (known.size < mostSeries || known.has(sample.labels)) known.set(sample.labels, sample);
  }
  return series;
}

function readingOf(series: Series, names: EngineNames): PodReading {
  const total = (wanted: readonly SeriesName[] | undefined): number | undefined =>
    wholeSum(valuesOf(series, wanted));
  const requests = (wanted: readonly SeriesName[]): number | undefined => {
    const count = total(wanted);
    return count === undefined ? undefined : Math.min(count, mostInFlight);
  };
  const found: { [Field in keyof PodReading]: PodReading[Field] | undefined } = {
    engine: names.engine,
    waiting: requests(names.waiting),
    running: requests(names.running),
    kvUse: shareOf(valuesOf(series, names.kvUse)),
    promptTokens: total(names.promptTokens),
    generatedTokens: total(names.generatedTokens),
    cacheQueries: total(names.cacheQueries),
    cacheHits: total(names.cacheHits),
    cacheTokens: cacheTokensOf(series, names),
    ...firstTokensOf(series, names.firstToken),
    startedAtSeconds: valuesOf(series, [processStart]).find(
      (value) => value > 0 && value <= Number.MAX_SAFE_INTEGER,
    ),
    adapters: names.adapters === undefined ? undefined : adaptersOf(series.get(names.adapters)),
  };
  const present = Object.entries(found).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as unknown as PodReading;
}

/** Both or neither: it is their ratio that means something. */
function firstTokensOf(
  series: Series,
  histogram: string | undefined,
): Pick<PodReading, 'firstTokens' | 'firstTokenSeconds'> {
  if (histogram === undefined) return {};
  const firstTokens = wholeSum(valuesOf(series, [countOf(histogram)]));
  const sums = valuesOf(series, [sumOf(histogram)]);
  const firstTokenSeconds = sums.reduce((all, one) => all + one, 0);
  if (firstTokens === undefined || sums.length === 0 || firstTokenSeconds > Number.MAX_SAFE_INTEGER)
    return {};
  return { firstTokens, firstTokenSeconds };
}

function has(series: Series, name: SeriesName): boolean {
  return valuesOf(series, [name]).length > 0;
}

/** Of the first of these names that is there. */
function valuesOf(series: Series, names: readonly SeriesName[] = []): readonly number[] {
  for (const name of names) {
    const values = valuesOfOne(series, name);
    if (values.length > 0) return values;
  }
  return [];
}

function valuesOfOne(series: Series, wanted: SeriesName): readonly number[] {
  const { name, label } = typeof wanted === 'string' ? { name: wanted, label: undefined } : wanted;
  const samples = [...(series.get(name)?.values() ?? [])];
  const those = label === undefined ? samples : samples.filter((one) => labelOf(one, label[0]) === label[1]);
  return those.map(({ value }) => value).filter((value) => value >= 0);
}

function wholeSum(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sum = Math.round(values.reduce((all, one) => all + one, 0));
  return Number.isSafeInteger(sum) ? sum : undefined;
}

function shareOf(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return Math.min(1, values.reduce((all, one) => all + one, 0) / values.length);
}

function cacheTokensOf(series: Series, { cacheSize }: EngineNames): number | undefined {
  if (cacheSize === undefined) return undefined;
  let sizes: number[];
  if (cacheSize.kind === 'values') {
    const [tokens = 0] = valuesOf(series, [cacheSize.names[0]]);
    sizes = valuesOf(series, [cacheSize.names[1]]).map((blocks) => tokens * blocks);
  } else {
    const [blockSize, blocks] = cacheSize.labels;
    sizes = [...(series.get(cacheSize.name)?.values() ?? [])].map(
      (sample) => Number(labelOf(sample, blockSize)) * Number(labelOf(sample, blocks)),
    );
  }
  const sum = wholeSum(sizes.filter((size) => size > 0));
  return sum === 0 ? undefined : sum;
}

/** vLLM adds a series for each state, with the time of the state as its value: the last counts. */
function adaptersOf(series: ReadonlyMap<string, MetricSample> | undefined): PodAdapters | undefined {
  let last: MetricSample | undefined;
  for (const sample of series?.values() ?? [])
    if (last === undefined || sample.value >= last.value) last = sample;
  if (last === undefined) return undefined;
  const most = Number(labelOf(last, 'max_lora'));
  return {
    running: adapterNames(labelOf(last, 'running_lora_adapters')),
    waiting: adapterNames(labelOf(last, 'waiting_lora_adapters')),
    most: Number.isInteger(most) && most > 0 && most <= mostInFlight ? most : 0,
  };
}

function adapterNames(list = ''): readonly string[] {
  const names = list.split(',').map((name) => name.trim());
  const sound = names.filter(
    (name) => name !== '' && name.length <= longestName && !hasControlCharacters(name),
  );
  return [...new Set(sound)].slice(0, mostAdapters);
}
