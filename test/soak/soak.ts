import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../tools/simulator/seededRandom.ts';
import { until } from '../../tools/testbed/until.ts';
import { drawFaults } from './faults.ts';
import { type Memory, MemoryWatch } from './memoryWatch.ts';
import { allCountsAreZero, etcdIsEmpty } from './quiescence.ts';
import { type SoakEnvironment, startSoakEnvironment } from './soakEnvironment.ts';
import { StreamLoad, type StreamOutcome } from './streamLoad.ts';

export interface SoakOptions {
  readonly seconds: number;
  /** Seeds the draw of faults and load. The timing of processes still differs from run to run. */
  readonly seed: number;
  readonly streamsPerSecond: number;
  /** Bounds of the pause before each fault. */
  readonly gapMs: readonly [min: number, max: number];
  readonly print: (line: string) => void;
  /** Ends faults and load early; the checks still run. */
  readonly signal?: AbortSignal;
}

export interface SoakReport {
  readonly seed: number;
  readonly seconds: number;
  readonly streams: Readonly<Record<StreamOutcome, number>>;
  readonly faults: readonly InjectedFault[];
  readonly memory: readonly Memory[];
  /** undefined: every count returned to zero. */
  readonly failure: string | undefined;
}

export interface InjectedFault {
  readonly atSeconds: number;
  readonly name: string;
  readonly details: string;
}

const abortedShare = 0.1;
const meanHoldMs = 300;
const lastStreamsMs = 60_000;
const outputLines = 25;

/**
 * Runs load and faults for a while, then waits until every count is exactly zero and etcd has no
 * record without an owner. Always ends by itself, and stops what it has started.
 */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seconds, seed, streamsPerSecond, print, signal } = options;
  const startedMs = performance.now();
  const environment = await startSoakEnvironment();
  const load = new StreamLoad({
    targets: environment.members.map(({ baton }) => baton.address),
    streamsPerSecond,
    meanHoldMs,
    abortedShare,
    endpoints: environment.endpoints,
    conduct: environment.conduct,
    // A source of its own: the number of streams must not change which faults are drawn.
    random: seededRandom(seed + 1),
  });
  const memory = new MemoryWatch(environment.members);
  const injected: InjectedFault[] = [];
  let failure: string | undefined;
  try {
    load.start();
    memory.start();
    await faultsUntilOver(environment, options, injected);
    load.pause();
    print(`load paused: ${load.open} streams are still open`);
    await until(() => load.open === 0, { what: 'the last streams to end', timeoutMs: lastStreamsMs });
    environment.writeEndpoints(environment.endpoints);
    await allCountsAreZero(environment);
    print('every count is zero');
    await Promise.all(environment.members.map(({ baton }) => baton.stopCleanly()));
    await etcdIsEmpty(environment);
    print('etcd is empty');
    const differences = environment.members.flatMap((member) => member.differences);
    if (differences.length > 0)
      throw new Error(`consistency checks found differences:\n${differences.join('\n')}`);
  } catch (error) {
    failure = describeFailure(error as Error, injected, environment);
  } finally {
    load.stop();
    await memory.stop();
    await environment.stop();
  }
  if (signal?.aborted && failure === undefined) failure = 'interrupted';
  const tookSeconds = Math.round((performance.now() - startedMs) / 1_000);
  if (failure === undefined && load.counts.ended < (seconds * streamsPerSecond) / 20) {
    failure = `the load was too low: only ${load.counts.ended} streams ended`;
  }
  return {
    seed,
    seconds: tookSeconds,
    streams: load.counts,
    faults: injected,
    memory: memory.summary(),
    failure,
  };
}

async function faultsUntilOver(
  environment: SoakEnvironment,
  { seconds, seed, gapMs: [minMs, maxMs], print, signal }: SoakOptions,
  injected: InjectedFault[],
): Promise<void> {
  const random = seededRandom(seed);
  const sequence = drawFaults(random);
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1_000;
  const stopping = signal ?? new AbortController().signal;
  while (performance.now() < endMs && !stopping.aborted) {
    const gapMs = minMs + random() * (maxMs - minMs);
    await sleep(Math.min(gapMs, endMs - performance.now()), undefined, { signal: stopping }).catch(() => {});
    if (performance.now() >= endMs || stopping.aborted) return;
    const fault = sequence.next().value;
    const atSeconds = Math.round((performance.now() - startedMs) / 1_000);
    // Recorded before it runs, in case it never returns.
    const entry = { atSeconds, name: fault.name, details: 'not finished' };
    injected.push(entry);
    entry.details = await fault.run(environment, random, stopping);
    print(`${String(atSeconds).padStart(5)} s  ${entry.name.padEnd(18)} ${entry.details}`);
  }
}

function describeFailure(
  { message }: Error,
  injected: readonly InjectedFault[],
  { members, etcd }: SoakEnvironment,
): string {
  const faultLines = injected
    .slice(-10)
    .map(({ atSeconds, name, details }) => `  ${atSeconds} s: ${name}, ${details}`);
  const processes = [
    ...members.flatMap(({ baton }) => baton.processes),
    ...etcd.members.map((member) => member.process),
  ];
  const output = processes.map(
    ({ name, output, running }) =>
      `${name}${running ? '' : ' (ended)'} printed last:\n${output.text(outputLines) || '(nothing)'}`,
  );
  return [message, 'the last faults:', ...faultLines, ...output].join('\n');
}
