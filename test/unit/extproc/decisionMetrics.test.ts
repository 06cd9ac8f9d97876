import { Exchanges, type ExchangesOptions } from '../../../src/extproc/exchanges.ts';
import { extprocMetrics } from '../../../src/extproc/metrics.ts';
import type { ServerStream } from '../../../src/grpc/serverStream.ts';
import { externalProcessorService } from '../../../src/proto/services.ts';
import { BatchedHistogram } from '../../../src/telemetry/batchedHistogram.ts';
import { createInstruments } from '../../../src/telemetry/instruments.ts';
import { recorderOf } from '../../support/recorderOf.ts';
import { silentStream } from '../../support/silentStream.ts';

const headers = externalProcessorService.Process.requestSerialize({ request_headers: {} });
const empty = Buffer.alloc(0);
const garbage = Buffer.from([0xff, 0xff, 0xff]);

/** Exchanges that reject every request, with their metrics. */
function harness(options: Partial<ExchangesOptions> = {}) {
  const durationsMs: number[] = [];
  const decisionDuration = new BatchedHistogram([], {
    record: (seconds) => durationsMs.push(seconds * 1000),
  });
  const metrics = { ...createInstruments(extprocMetrics), decisionDuration };
  const exchanges = new Exchanges({
    onStreamArrived() {},
    answersStreams: () => true,
    maxStreams: 1,
    decide: () => ({ kind: 'reject', why: { kind: 'no-ready-endpoint' } }),
    retryAfterSeconds: 1,
    nowMs: () => performance.now(),
    recorder: recorderOf(metrics),
    ...options,
  });
  const open = (replaced: Partial<ServerStream> = {}) => exchanges.accept({ ...silentStream, ...replaced });
  const durations = (): readonly number[] => {
    decisionDuration.flush();
    return durationsMs;
  };
  const unknown = (outcome: 'bad-request' | 'overloaded') => metrics.decisions.of('unknown', outcome);
  return { open, metrics, durations, unknown };
}

/** Keeps the process busy, as a slow step would. */
function spend(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs; );
}

describe('a stream whose first message makes no sense', () => {
  it.each([
    ['is no ProcessingRequest', garbage],
    ['holds nothing', empty],
  ])('counts as bad-request when it %s', (_, message) => {
    const { open, unknown, metrics } = harness();
    open().onMessage(message);
    expect(unknown('bad-request')).toBe(1);
    expect(metrics.streamsEnded.of('error')).toBe(1);
  });

  it('counts as what was decided when only a later message makes no sense', () => {
    const { open, unknown, metrics } = harness();
    const stream = open();
    stream.onMessage(headers);
    stream.onMessage(garbage);
    expect(unknown('bad-request')).toBe(0);
    expect(metrics.decisions.of('least-request', 'no-ready-endpoint')).toBe(1);
  });
});

describe('a stream beyond the limit', () => {
  it('counts as overloaded, and no duration is recorded', () => {
    const { open, unknown, durations } = harness();
    open();
    open();
    expect(unknown('overloaded')).toBe(1);
    expect(durations()).toEqual([]);
  });
});

describe('the duration of a decision', () => {
  it('includes reading the message, deciding, and writing the reply', () => {
    const { open, durations } = harness({
      decide: () => {
        spend(3);
        return { kind: 'reject', why: { kind: 'no-ready-endpoint' } };
      },
    });
    open({ reply: () => spend(3) }).onMessage(headers);
    expect(durations()).toHaveLength(1);
    expect(durations()[0]).toBeGreaterThanOrEqual(6);
  });

  it('is not recorded for messages that need no decision', () => {
    const { open, durations } = harness();
    const stream = open();
    stream.onMessage(headers);
    stream.onMessage(externalProcessorService.Process.requestSerialize({ response_headers: {} }));
    expect(durations()).toHaveLength(1);
  });
});
