import { join } from 'node:path';
import { batonCommandLine } from '../../tools/testbed/batonEntry.ts';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { type FiringAlert, Prometheus } from './prometheus.ts';

/** A rehearsal that a real Prometheus scrapes. */
export interface RehearsedResult {
  readonly exitCode: number | null;
  readonly seconds: number;
  readonly fired: readonly FiringAlert[];
  readonly problems: readonly string[];
}

export interface RehearsedOptions {
  readonly prometheus: string;
  readonly dir: string;
  /** Flags of `baton rehearse`. */
  readonly flags: readonly string[];
}

/** Nothing is compressed: what fires here would fire in production. */
const compression = { factor: 1, mostSeconds: Number.POSITIVE_INFINITY } as const;
const intervalMs = 1_000;
const environment = { PATH: process.env.PATH ?? '' };

export async function rehearse({ prometheus: bin, dir, flags }: RehearsedOptions): Promise<RehearsedResult> {
  const prometheus = await Prometheus.start({ bin, dir: join(dir, 'rehearsed'), compression, intervalMs });
  const [command, ...args] = batonCommandLine('rehearse', '--report', join(dir, 'report'), ...flags);
  const startMs = performance.now();
  const rehearsal = await ChildProcess.start({ name: 'rehearsal', command, args, env: environment });
  try {
    const line = await rehearsal.waitForLine(/^in a browser: /, 120_000);
    await prometheus.scrape(new Map([['rehearsal', line.match(/http:\/\/[\d.:]+/g) ?? []]]));
    const { code: exitCode } = await rehearsal.exited;
    const [fired, problems] = await Promise.all([prometheus.fired(), prometheus.problems()]);
    return { exitCode, seconds: (performance.now() - startMs) / 1000, fired, problems };
  } finally {
    await rehearsal.stop(30_000);
    await prometheus.stop();
  }
}
