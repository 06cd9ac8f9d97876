import { setTimeout as sleep } from 'node:timers/promises';
import { type InstanceUpgrade, rollingUpgrade } from '../testbed/rollingUpgrade.ts';
import { SseCounter, type SseCounts } from '../testbed/sseCounter.ts';
import { type LoadPace, SseLoad } from '../testbed/sseLoad.ts';
import { StatePoller } from '../testbed/statePoller.ts';
import type { Topology } from '../testbed/topology.ts';
import { ConversationLoad } from './conversations.ts';
import { type RehearsedFault, rehearseFaults } from './faults.ts';
import { keepDeleting } from './keepDeleting.ts';
import { type PlannedStep, stepName } from './plan.ts';
import { type PodVisit, visitOfPod } from './podVisit.ts';
import type { PromptGate, PromptSample } from './promptWindows.ts';
import { type Timeline, TimelineRecorder } from './timeline.ts';
import type { RehearsalResult } from './verdict.ts';
import type { RehearsalWorkload } from './workloads.ts';

/**
 * One rehearsal on a running topology: traffic starts, the planned steps run, the clients finish.
 * It neither starts nor ends the topology.
 */
export interface RehearsalPlan {
  readonly steps: readonly PlannedStep[];
  readonly loads: readonly PlannedLoad[];
  readonly conversations?: PlannedConversations;
  /** Time without a change before the first step and after each step. */
  readonly pauseMs: number;
  /** After the steps a pod registers, takes traffic and leaves; for a topology `registerPods`. */
  readonly podVisit?: boolean;
}

export interface PlannedLoad {
  readonly pace: LoadPace;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly timeoutMs?: number;
}

export interface PlannedConversations {
  readonly workload: RehearsalWorkload;
  readonly clients: number;
  readonly mostPointsLost: number;
  /** What the instances of this pool share is deleted all the time. */
  readonly forgetPool?: string;
  /** After the steps. */
  readonly faults: boolean;
  readonly model?: string;
  readonly timeoutMs: number;
}

export interface RehearsalOutcome extends RehearsalResult {
  /** Start time, ms since 1970. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly steps: readonly StepResult[];
  readonly timeline: Timeline;
}

/** Times in ms since the rehearsal started. */
export interface StepResult extends PlannedStep {
  readonly fromMs: number;
  readonly toMs: number;
  readonly upgrades: readonly InstanceUpgrade[];
}

const sampleIntervalMs = 250;

export class Rehearsal {
  readonly statePoller: StatePoller;
  readonly #topology: Topology;
  readonly #plan: RehearsalPlan;
  readonly #counter = new SseCounter();
  readonly #loads: readonly SseLoad[];
  readonly #conversations: ConversationLoad | undefined;
  readonly #prompts: PromptSample[] = [];
  readonly #recorder: TimelineRecorder;
  readonly #startMs = performance.now();
  readonly #startedAtMs = Date.now();
  #status = 'traffic starts';
  #sampleTimer: NodeJS.Timeout | undefined;

  constructor(topology: Topology, plan: RehearsalPlan) {
    this.#topology = topology;
    this.#plan = plan;
    this.statePoller = new StatePoller(topology.instances);
    this.#recorder = new TimelineRecorder(topology.instances.map(({ name }) => name));
    this.#loads = plan.loads.map(
      (load) => new SseLoad({ ...load, url: topology.chatUrl, counter: this.#counter }),
    );
    this.#conversations =
      plan.conversations &&
      new ConversationLoad({
        ...plan.conversations,
        url: topology.chatUrl,
        counter: this.#counter,
        random: Math.random,
        elapsedMs: () => this.elapsedMs,
        onAnswered: (sample) => this.#prompts.push({ ...sample, atMs: this.elapsedMs }),
      });
  }

  get elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  /** The current phase, as text. */
  get status(): string {
    return this.#status;
  }

  get counts(): SseCounts {
    return this.#counter.counts();
  }

  /**
   * Resolves when all requests have ended. A step that fails is part of the result, as its last
   * one.
   */
  async run(): Promise<RehearsalOutcome> {
    this.statePoller.start();
    this.#sampleTimer = setInterval(() => this.#sample(), sampleIntervalMs);
    for (const load of this.#loads) void load.start();
    this.#conversations?.start();
    await this.#pause('all instances serve and share one view');
    const steps: StepResult[] = [];
    let aborted: string | undefined;
    const stopForgetting = this.#startForgetting();
    for (const step of this.#plan.steps) {
      const fromMs = this.elapsedMs;
      const upgrades: InstanceUpgrade[] = [];
      try {
        await this.#runStep(step, upgrades);
      } catch (error) {
        aborted = `${stepName(step)} failed: ${(error as Error).message}`;
      }
      steps.push({ ...step, fromMs, toMs: this.elapsedMs, upgrades });
      if (aborted !== undefined) break;
      await this.#pause(`all instances run release ${step.to.release}`);
    }
    await stopForgetting();
    let faults: readonly RehearsedFault[] = [];
    if (this.#plan.conversations?.faults && aborted === undefined) {
      try {
        faults = await this.#runFaults();
      } catch (error) {
        aborted = `a fault failed: ${(error as Error).message}`;
      }
    }
    let visit: PodVisit | undefined;
    if (this.#plan.podVisit && aborted === undefined) {
      try {
        visit = await this.#visit();
      } catch (error) {
        aborted = `the visit of a pod failed: ${(error as Error).message}`;
      }
    }
    this.#status = 'waiting for the requests in flight';
    await Promise.all([...this.#loads, this.#conversations].map((load) => load?.stop()));
    this.#sample();
    await this.close();
    return {
      startedAtMs: this.#startedAtMs,
      durationMs: this.elapsedMs,
      report: this.#counter.report(),
      steps,
      upgrades: steps.flatMap(({ upgrades }) => upgrades),
      pods: new Map(this.#topology.poolPods.map(({ address, id }) => [address, id])),
      timeline: this.#recorder.timeline(),
      ...(visit && { visit }),
      ...this.#promptResult({ changeMs: steps[0]?.fromMs ?? 0, faults }),
      ...(aborted !== undefined && { aborted }),
    };
  }

  #runFaults(): Promise<readonly RehearsedFault[]> {
    return rehearseFaults({
      topology: this.#topology,
      elapsedMs: () => this.elapsedMs,
      onStatus: (status) => {
        this.#status = status;
      },
      pause: () => this.#pause(this.#status),
    });
  }

  #promptResult(changes: Omit<PromptGate, 'mostPointsLost'>): Pick<RehearsalResult, 'prompts'> {
    const { conversations } = this.#plan;
    if (conversations === undefined) return {};
    const { workload, mostPointsLost } = conversations;
    const gate = { ...changes, mostPointsLost };
    return { prompts: { workload: workload.name, gate, samples: this.#prompts } };
  }

  /** @returns ends it */
  #startForgetting(): () => Promise<void> {
    const pool = this.#plan.conversations?.forgetPool;
    const { etcd } = this.#topology;
    if (pool === undefined || etcd === undefined) return async () => {};
    return keepDeleting(etcd.endpoint, `/baton/v1/${pool}/prefix/`);
  }

  /** Stops polling and sampling. Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#sampleTimer);
    await this.statePoller.stop();
  }

  /** When the step fails, `done` contains the instances upgraded so far. */
  async #runStep(step: PlannedStep, done: InstanceUpgrade[]): Promise<void> {
    const many = this.#plan.steps.length > 1;
    const onStatus = (what: string) => {
      this.#status = many ? `${stepName(step)}: ${what}` : what;
    };
    const upgrades = await rollingUpgrade(this.#topology, step.to, this.statePoller, onStatus, (upgrade) => {
      done.push(upgrade);
    });
    // The final results include the first decisions of instances that started in standby.
    done.splice(0, done.length, ...upgrades);
  }

  #visit(): Promise<PodVisit> {
    const onStatus = (status: string) => {
      this.#status = status;
    };
    return visitOfPod(this.#topology, onStatus, () => this.#pause(this.#status));
  }

  async #pause(status: string): Promise<void> {
    this.#status = status;
    await sleep(this.#plan.pauseMs);
  }

  #sample(): void {
    const states = this.#topology.instances.map(({ name }) => this.statePoller.latest(name));
    this.#recorder.sample(Math.round(this.elapsedMs), this.counts, states);
  }
}
