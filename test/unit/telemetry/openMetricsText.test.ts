import { Exemplars } from '../../../src/telemetry/exemplars.ts';
import { acceptsOpenMetrics, toOpenMetrics } from '../../../src/telemetry/openMetricsText.ts';

const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];

/** As OpenTelemetry's serializer writes it. */
const text = `# HELP a_decisions_total Decisions, by "policy"
# TYPE a_decisions_total counter
a_decisions_total{policy="x",outcome="route"} 3
# HELP a_total_gauge Not a counter
# TYPE a_total_gauge gauge
a_total_gauge 7
# HELP a_duration_seconds How long
# UNIT a_duration_seconds s
# TYPE a_duration_seconds histogram
a_duration_seconds_count 3
a_duration_seconds_sum 2.7
a_duration_seconds_bucket{le="0.5"} 1
a_duration_seconds_bucket{le="1"} 2
a_duration_seconds_bucket{le="+Inf"} 3
`;

describe('the metrics in OpenMetrics', () => {
  it('name counters without _total, escape quotes, and have points in bounds', () => {
    expect(toOpenMetrics(text, new Map())).toBe(`# HELP a_decisions Decisions, by \\"policy\\"
# TYPE a_decisions counter
a_decisions_total{policy="x",outcome="route"} 3
# HELP a_total_gauge Not a counter
# TYPE a_total_gauge gauge
a_total_gauge 7
# HELP a_duration_seconds How long
# TYPE a_duration_seconds histogram
a_duration_seconds_count 3
a_duration_seconds_sum 2.7
a_duration_seconds_bucket{le="0.5"} 1
a_duration_seconds_bucket{le="1.0"} 2
a_duration_seconds_bucket{le="+Inf"} 3
`);
  });

  it('have the last exemplar of each bucket', () => {
    const exemplars = new Exemplars([0.5, 1]);
    const at = { traceId, spanId, unixMs: 1_700_000_000_250 };
    exemplars.add({ ...at, value: 0.5 });
    exemplars.add({ ...at, value: 7 });
    exemplars.add({ ...at, value: 0.25 });
    const lines = toOpenMetrics(text, new Map([['a_duration_seconds{}', exemplars]])).split('\n');
    const span = `{trace_id="${traceId}",span_id="${spanId}"}`;
    expect(lines.filter((line) => line.includes('_bucket'))).toEqual([
      `a_duration_seconds_bucket{le="0.5"} 1 # ${span} 0.25 1700000000.250`,
      'a_duration_seconds_bucket{le="1.0"} 2',
      `a_duration_seconds_bucket{le="+Inf"} 3 # ${span} 7 1700000000.250`,
    ]);
  });

  it('have those of a histogram of each pool apart', () => {
    const ofPools = ['a', 'b'].map(
      (pool) => `h_seconds_bucket{pool="${pool}",le="1"} 0\nh_seconds_bucket{pool="${pool}",le="+Inf"} 1\n`,
    );
    const exemplars = new Exemplars([1]);
    exemplars.add({ traceId, spanId, unixMs: 1_000, value: 7 });
    const read = toOpenMetrics(ofPools.join(''), new Map([['h_seconds{pool="b"}', exemplars]]));
    expect(read.trim().split('\n')).toEqual([
      'h_seconds_bucket{pool="a",le="1.0"} 0',
      'h_seconds_bucket{pool="a",le="+Inf"} 1',
      'h_seconds_bucket{pool="b",le="1.0"} 0',
      `h_seconds_bucket{pool="b",le="+Inf"} 1 # {trace_id="${traceId}",span_id="${spanId}"} 7 1.000`,
    ]);
  });
});

it.each([
  [undefined, false],
  ['*/*', false],
  ['text/plain;version=0.0.4', false],
  ['application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3', true],
])('OpenMetrics is for those who ask for it: %s', (accept, expected) => {
  expect(acceptsOpenMetrics(accept)).toBe(expected);
});
