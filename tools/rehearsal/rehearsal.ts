import { setTimeout as sleep } from 'node:timers/promises';
import { rollingUpgrade, type UpgradeAccount } from '../testbed/rollingUpgrade.ts';
import { type Pace, SseLoad } from '../testbed/sseLoad.ts';
import { type SseCounts, SseTally } from '../testbed/sseTally.ts';
import { StateWatch } from '../testbed/stateWatch.ts';
import { type Timeline, TimelineRecorder } from '../testbed/timeline.ts';
import type { Topology } from '../testbed/topology.ts';
import { type PlannedStep, stepName } from './plan.ts';
import type { Rehearsed } from './verdict.ts';

/**
 * One rehearsal on a running topology: traffic begins, the planned steps, the clients finish. The demo and
 * `baton rehearse` both play it; what they show of it is theirs. It neither starts nor ends the topology.
 */
export interface RehearsalPlan {
  readonly steps: readonly PlannedStep[];
  readonly loads: readonly PlannedLoad[];
  /** How long things stay as they are before the first step, after each, and so before the end. */
  readonly restMs: number;
}

export interface PlannedLoad {
  readonly pace: Pace;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly timeoutMs?: number;
}

export interface RehearsalOutcome extends Rehearsed {
  /** Date of the beginning, ms since 1970. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly steps: readonly StepAccount[];
  readonly timeline: Timeline;
}

/** Times in ms since the rehearsal began. */
export interface StepAccount extends PlannedStep {
  readonly fromMs: number;
  readonly toMs: number;
  readonly upgrades: readonly UpgradeAccount[];
}

const sampleEveryMs = 250;

export class Rehearsal {
  readonly watch: StateWatch;
  readonly #topology: Topology;
  readonly #plan: RehearsalPlan;
  readonly #tally = new SseTally();
  readonly #loads: readonly SseLoad[];
  readonly #recorder: TimelineRecorder;
  readonly #startMs = performance.now();
  readonly #startedAtMs = Date.now();
  #now = 'traffic begins';
  #sampling: NodeJS.Timeout | undefined;

  constructor(topology: Topology, plan: RehearsalPlan) {
    this.#topology = topology;
    this.#plan = plan;
    this.watch = new StateWatch(topology.instances);
    this.#recorder = new TimelineRecorder(topology.instances.map(({ name }) => name));
    this.#loads = plan.loads.map(
      (load) => new SseLoad({ ...load, url: topology.chatUrl, tally: this.#tally }),
    );
  }

  get elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  /** What happens now, in words. */
  get now(): string {
    return this.#now;
  }

  get counts(): SseCounts {
    return this.#tally.counts();
  }

  /** Answers when all that was sent has ended. A step that breaks off is part of the outcome, and the last one. */
  async play(): Promise<RehearsalOutcome> {
    this.watch.start();
    this.#sampling = setInterval(() => this.#sample(), sampleEveryMs);
    for (const load of this.#loads) void load.start();
    await this.#rest('the instances share the work and one view of it');
    const steps: StepAccount[] = [];
    let brokeOff: string | undefined;
    for (const step of this.#plan.steps) {
      const fromMs = this.elapsedMs;
      const upgrades: UpgradeAccount[] = [];
      try {
        await this.#take(step, upgrades);
      } catch (error) {
        brokeOff = `${stepName(step)} broke off: ${(error as Error).message}`;
      }
      steps.push({ ...step, fromMs, toMs: this.elapsedMs, upgrades });
      if (brokeOff !== undefined) break;
      await this.#rest(`all instances run release ${step.to.release}`);
    }
    this.#now = 'the clients finish';
    await Promise.all(this.#loads.map((load) => load.stop()));
    this.#sample();
    await this.close();
    return {
      startedAtMs: this.#startedAtMs,
      durationMs: this.elapsedMs,
      report: this.#tally.report(),
      steps,
      upgrades: steps.flatMap(({ upgrades }) => upgrades),
      pods: new Map(this.#topology.targets.map(({ address, id }) => [address, id])),
      timeline: this.#recorder.timeline(),
      ...(brokeOff !== undefined && { brokeOff }),
    };
  }

  /** Stops asking and sampling. Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#sampling);
    await this.watch.stop();
  }

  /** What has been done by the time a step breaks off is in `done` all the same. */
  async #take(step: PlannedStep, done: UpgradeAccount[]): Promise<void> {
    const many = this.#plan.steps.length > 1;
    const tell = (what: string) => {
      this.#now = many ? `${stepName(step)}: ${what}` : what;
    };
    const accounts = await rollingUpgrade(this.#topology, step.to, this.watch, tell, (account) => {
      done.push(account);
    });
    // In the end those that stood by at first have decided as well.
    done.splice(0, done.length, ...accounts);
  }

  async #rest(now: string): Promise<void> {
    this.#now = now;
    await sleep(this.#plan.restMs);
  }

  #sample(): void {
    const states = this.#topology.instances.map(({ name }) => this.watch.latest(name));
    this.#recorder.sample(Math.round(this.elapsedMs), this.counts, states);
  }
}
