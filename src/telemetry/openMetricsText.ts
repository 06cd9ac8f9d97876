import type { Exemplar, Exemplars } from './exemplars.ts';

/** Of the answer, and of the header `accept` that asks for it. */
const mediaType = 'application/openmetrics-text';
export const openMetricsType = `${mediaType}; version=1.0.0; charset=utf-8`;
/** After the last metric. */
export const openMetricsEnd = '# EOF\n';

export function acceptsOpenMetrics(accept: string | undefined): boolean {
  return accept?.includes(mediaType) === true;
}

/**
 * Text in Prometheus' format 0.0.4, as OpenTelemetry writes it, in OpenMetrics 1.0 and with
 * exemplars, which only that has. A counter is named without `_total`, and a number in `le` has a
 * point. Units are left out: OpenTelemetry's `s` is none that OpenMetrics knows.
 *
 * @param exemplars by the name and the labels of the histogram: `name{label="value"}`
 */
export function toOpenMetrics(text: string, exemplars: ReadonlyMap<string, Exemplars>): string {
  let series = '';
  let nth = 0;
  const lines = text.split('\n').flatMap((line): string | readonly [] => {
    if (line.startsWith('# UNIT ')) return [];
    if (line.startsWith('# HELP ')) return withoutTotal(line.replaceAll('"', '\\"'));
    if (line.startsWith('# TYPE ')) return line.endsWith(' counter') ? withoutTotal(line) : line;
    const bucket = /^(\w+)_bucket\{(?:(.*),)?le="([^"]+)"\} (\d+)$/.exec(line);
    if (bucket === null) return line;
    const [, histogram = '', labels = '', le = '', count = ''] = bucket;
    const read = `${histogram}{${labels}}`;
    nth = read === series ? nth + 1 : 0;
    series = read;
    const exemplar = exemplars.get(series)?.of(nth);
    const bound = /^\d+$/.test(le) ? `${le}.0` : le;
    const others = labels === '' ? '' : `${labels},`;
    return `${histogram}_bucket{${others}le="${bound}"} ${count}${exemplar === undefined ? '' : exemplarText(exemplar)}`;
  });
  return lines.join('\n');
}

/** Its name is that of the family, and only the sample of a counter ends with `_total`. */
function withoutTotal(line: string): string {
  return line.replace(/^(# \w+ \w+?)_total /, '$1 ');
}

function exemplarText({ traceId, spanId, value, unixMs }: Exemplar): string {
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${value} ${(unixMs / 1_000).toFixed(3)}`;
}
