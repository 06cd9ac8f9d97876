import { parseTraceparent } from '../../../src/telemetry/traceparent.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

describe('a traceparent header', () => {
  it.each([
    ['sampled', `00-${traceId}-${spanId}-01`, 1],
    ['not sampled', `00-${traceId}-${spanId}-00`, 0],
    ['with unknown flags', `00-${traceId}-${spanId}-ff`, 1],
    ['of a later version, with more fields', `01-${traceId}-${spanId}-01-more`, 1],
    ['with spaces around it', `  00-${traceId}-${spanId}-01 `, 1],
  ])('is parsed when it is %s', (_situation, text, traceFlags) => {
    expect(parseTraceparent(text)).toEqual({ traceId, spanId, traceFlags, isRemote: true });
  });

  it.each([
    ['empty', ''],
    ['upper case', `00-${traceId.toUpperCase()}-${spanId}-01`],
    ['a zero trace', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['a zero span', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['of the forbidden version', `ff-${traceId}-${spanId}-01`],
    ['of version 00 with more fields', `00-${traceId}-${spanId}-01-more`],
    ['cut short', `00-${traceId}-${spanId}`],
  ])('is invalid when it is %s', (_situation, text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });
});
