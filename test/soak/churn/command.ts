import { waitForInterrupt } from '../../../tools/testbed/interrupt.ts';
import { churn } from './churn.ts';

/**
 * `make churn`: MINUTES (default 5), PODS (50), RATE in requests per second (500). Exit code 0
 * when no request was lost and everybody had the same pods in the end.
 */
const { MINUTES = '5', PODS = '50', RATE = '500' } = process.env;
const [minutes, pods, requestsPerSecond] = [MINUTES, PODS, RATE].map(Number) as [number, number, number];
if (![minutes, pods, requestsPerSecond].every((value) => Number.isFinite(value) && value > 0)) {
  process.stderr.write('MINUTES, PODS and RATE are numbers above 0\n');
  process.exit(64);
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const interrupt = new AbortController();
void waitForInterrupt().then(() => interrupt.abort());

const { failure, joined, left, load } = await churn({
  seconds: minutes * 60,
  pods,
  requestsPerSecond,
  print,
  signal: interrupt.signal,
});
const { cut, failed, latencyMs, problems, sent } = load;
print(`${joined} pods came, ${left} went; ${sent} requests, ${failed} failed, ${cut} cut`);
print(
  `latency ms: p50 ${latencyMs?.p50.toFixed(0)}, p99 ${latencyMs?.p99.toFixed(0)}, max ${latencyMs?.max.toFixed(0)}`,
);
for (const problem of problems) print(problem);
print(failure === undefined ? 'churn: passed' : `churn: FAILED\n${failure}`);
process.exit(failure === undefined ? 0 : 1);
