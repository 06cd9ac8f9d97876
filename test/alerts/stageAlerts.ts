import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tools } from '../../tools/testbed/tools.ts';
import { bodyGroup, fullDuplexGroup } from './groups/gateways.ts';
import { bugGroup, limitGroup, startingGroup } from './groups/inside.ts';
import { podGroup } from './groups/pods.ts';
import { storeGroup } from './groups/store.ts';
import { type FiringAlert, Prometheus } from './prometheus.ts';
import type { GroupOptions, StagedGroup } from './stagedGroup.ts';

/** A second stands for a minute, and the day that a generation may be pinned for 20 s. */
export const compression = { factor: 60, mostSeconds: 20 } as const;
/** 15 s of the scrape interval that Prometheus has by default. */
const intervalMs = 250;
const wellSeconds = 15;
const waitMs = 120_000;

export interface StagedAlert {
  readonly alert: string;
  readonly fault: string;
  /** From the fault to the alert; undefined: it has not fired. */
  readonly seconds: number | undefined;
}

export interface StagedResult {
  readonly staged: readonly StagedAlert[];
  /** What fired while every group was well. */
  readonly whileWell: readonly FiringAlert[];
  readonly problems: readonly string[];
}

export interface StageOptions {
  readonly tools: Tools & { readonly prometheus: string };
  readonly dir: string;
  /** The name of one group; default: all of them. */
  readonly only?: string;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

const starts: Readonly<Record<string, (options: GroupOptions) => Promise<StagedGroup>>> = {
  pods: podGroup,
  store: storeGroup,
  limits: limitGroup,
  bug: bugGroup,
  starting: startingGroup,
  bodies: bodyGroup,
  'full-duplex': fullDuplexGroup,
};

/** Stages a fault for every alert, on real processes that a real Prometheus scrapes. */
export async function stageAlerts({ tools, dir, only, print, signal }: StageOptions): Promise<StagedResult> {
  const groups: StagedGroup[] = [];
  let prometheus: Prometheus | undefined;
  const staged: StagedAlert[] = [];
  const expectAlert = async (job: string, alert: string, fault: string): Promise<void> => {
    const startMs = performance.now();
    const seconds = await prometheus?.waitForAlert(alert, job, waitMs).then(
      () => (performance.now() - startMs) / 1000,
      () => undefined,
    );
    staged.push({ alert, fault, seconds });
    print(
      `${alert}: ${seconds === undefined ? 'NOT FIRED' : `fired after ${seconds.toFixed(1)} s`} (${fault})`,
    );
  };
  try {
    for (const [name, start] of Object.entries(starts)) {
      if (only !== undefined && name !== only) continue;
      signal.throwIfAborted();
      const folder = join(dir, name);
      await mkdir(folder);
      groups.push(await start({ tools, dir: folder }));
    }
    // After them: before its first samples BatonAbsent would fire.
    prometheus = await Prometheus.start({
      ...{ bin: tools.prometheus, dir: join(dir, 'prometheus'), compression, intervalMs },
    });
    await prometheus.scrape(new Map(groups.map(({ job, adminUrls }) => [job, adminUrls])));
    print(`${groups.length} groups of instances are well`);
    await sleep(wellSeconds * 1000, undefined, { signal });
    const whileWell = await prometheus.fired();
    await Promise.all(
      groups.map(({ job, stage }) => stage((alert, fault) => expectAlert(job, alert, fault))),
    );
    await stopAll(groups);
    await expectAlert('', 'BatonAbsent', 'all instances are killed');
    return { staged, whileWell, problems: await prometheus.problems() };
  } finally {
    await stopAll(groups);
    await prometheus?.stop();
  }
}

async function stopAll(groups: StagedGroup[]): Promise<void> {
  await Promise.all(groups.splice(0).map((group) => group.stop()));
}
