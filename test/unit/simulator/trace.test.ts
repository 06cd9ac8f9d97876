import { seededRandom } from '../../../tools/simulator/seededRandom.ts';
import {
  arrivalPatterns,
  meanServiceMs,
  serviceMs,
  type TracedRequest,
  trace,
} from '../../../tools/simulator/trace.ts';

const count = 40_000;

describe.each(arrivalPatterns)('a trace of %s arrivals', (pattern) => {
  const requests: TracedRequest[] = [];
  for (const request of trace({ perSecond: 20, pattern, random: seededRandom(1) })) {
    if (requests.push(request) === count) break;
  }

  it('has the configured rate and mean length', () => {
    const seconds = (requests.at(-1)?.atMs ?? 0) / 1000;
    expect(count / seconds / 20).toBeCloseTo(1, 1);
    const mean = requests.reduce((sum, request) => sum + serviceMs(request), 0) / count;
    expect(mean / meanServiceMs).toBeCloseTo(1, 1);
  });
});
