import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../tools/simulator/seededRandom.ts';
import { until } from '../../tools/testbed/until.ts';
import { drawFaults } from './faults.ts';
import { type Memory, MemoryWatch } from './memoryWatch.ts';
import { nothingIsCounted, nothingIsLeftInEtcd } from './quiescence.ts';
import { type SoakEnvironment, startWorld } from './soakEnvironment.ts';
import { StreamLoad, type StreamOutcome } from './streamLoad.ts';

export interface SoakOptions {
  readonly seconds: number;
  /** Draws the faults and the load; what processes make of them differs from run to run. */
  readonly seed: number;
  readonly streamsPerSecond: number;
  /** The pause before each fault is drawn between these. */
  readonly gapMs: readonly [least: number, most: number];
  readonly say: (line: string) => void;
  /** Ends faults and load early; what follows is as ever. */
  readonly signal?: AbortSignal;
}

export interface SoakReport {
  readonly seed: number;
  readonly seconds: number;
  readonly streams: Readonly<Record<StreamOutcome, number>>;
  readonly faults: readonly HappenedFault[];
  readonly memory: readonly Memory[];
  /** undefined: everything came back to nothing. */
  readonly failure: string | undefined;
}

export interface HappenedFault {
  readonly atSeconds: number;
  readonly name: string;
  readonly details: string;
}

const abortedShare = 0.1;
const meanHoldMs = 300;
const lastStreamsMs = 60_000;
const saidLines = 25;

/**
 * Load and faults for a time, then rest; and then every count has to be exactly zero, everywhere, and etcd without
 * a key that nobody answers for. Always ends by itself, and ends what it has started.
 */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seconds, seed, streamsPerSecond, say, signal } = options;
  const beganMs = performance.now();
  const world = await startWorld();
  const load = new StreamLoad({
    targets: world.members.map(({ baton }) => baton.address),
    streamsPerSecond,
    meanHoldMs,
    abortedShare,
    endpoints: world.endpoints,
    // Not the same source: how fast streams are opened must not change which faults are drawn.
    random: seededRandom(seed + 1),
  });
  const memory = new MemoryWatch(world.members);
  const happened: HappenedFault[] = [];
  let failure: string | undefined;
  try {
    load.start();
    memory.start();
    await faultsUntilOver(world, options, happened);
    load.pause();
    say(`rest: ${load.open} streams are still open`);
    await until(() => load.open === 0, { what: 'the last streams to end', timeoutMs: lastStreamsMs });
    world.offer(world.endpoints);
    await nothingIsCounted(world);
    say('every count is zero');
    await Promise.all(world.members.map(({ baton }) => baton.stopCleanly()));
    await nothingIsLeftInEtcd(world);
    say('nothing is left in etcd');
    const complaints = world.members.flatMap((member) => member.complaints);
    if (complaints.length > 0)
      throw new Error(`consistency checks found differences:\n${complaints.join('\n')}`);
  } catch (error) {
    failure = explain(error as Error, happened, world);
  } finally {
    load.stop();
    await memory.stop();
    await world.stop();
  }
  if (signal?.aborted && failure === undefined) failure = 'interrupted';
  const tookSeconds = Math.round((performance.now() - beganMs) / 1_000);
  if (failure === undefined && load.counts.ended < (seconds * streamsPerSecond) / 20) {
    failure = `the load was next to nothing: ${load.counts.ended} streams came to their end`;
  }
  return {
    seed,
    seconds: tookSeconds,
    streams: load.counts,
    faults: happened,
    memory: memory.summary(),
    failure,
  };
}

async function faultsUntilOver(
  world: SoakEnvironment,
  { seconds, seed, gapMs: [leastMs, mostMs], say, signal }: SoakOptions,
  happened: HappenedFault[],
): Promise<void> {
  const random = seededRandom(seed);
  const drawn = drawFaults(random);
  const beganMs = performance.now();
  const overMs = beganMs + seconds * 1_000;
  const ending = signal ?? new AbortController().signal;
  while (performance.now() < overMs && !ending.aborted) {
    const gapMs = leastMs + random() * (mostMs - leastMs);
    await sleep(Math.min(gapMs, overMs - performance.now()), undefined, { signal: ending }).catch(() => {});
    if (performance.now() >= overMs || ending.aborted) return;
    const fault = drawn.next().value;
    const atSeconds = Math.round((performance.now() - beganMs) / 1_000);
    // Known before it is over, for the case that it does not come to its end.
    const entry = { atSeconds, name: fault.name, details: 'not over' };
    happened.push(entry);
    entry.details = await fault.run(world, random, ending);
    say(`${String(atSeconds).padStart(5)} s  ${entry.name.padEnd(18)} ${entry.details}`);
  }
}

function explain(
  { message }: Error,
  happened: readonly HappenedFault[],
  { members, etcd }: SoakEnvironment,
): string {
  const faultLines = happened
    .slice(-10)
    .map(({ atSeconds, name, details }) => `  ${atSeconds} s: ${name}, ${details}`);
  const processes = [...members.flatMap(({ baton }) => baton.processes), etcd.process];
  const said = processes.map(
    ({ name, output, running }) =>
      `${name}${running ? '' : ' (ended)'} said last:\n${output.text(saidLines) || '(nothing)'}`,
  );
  return [message, 'the last faults:', ...faultLines, ...said].join('\n');
}
