import type { UpgradeFirstDecision } from '../../testbed/rollingUpgrade.ts';
import type { SseReport } from '../../testbed/sseCounter.ts';
import type { Counts } from '../../testbed/statePoller.ts';
import { releaseName } from '../plan.ts';
import { type PromptGate, type PromptWindow, windowsOf } from '../promptWindows.ts';
import type { RehearsalOutcome } from '../rehearsal.ts';
import type { RehearseOptions } from '../rehearseOptions.ts';
import type { Timeline } from '../timeline.ts';
import { findFailures, isLoaded, type RehearsedPrompts, totalOf } from '../verdict.ts';
import type { RehearsalMachine } from './rehearsalMachine.ts';

/**
 * report.json: all results of one rehearsal; the page and the terminal show parts of them. Times
 * are ms since its start, unless they say otherwise. Fields may be added; `format` changes when
 * readers would break.
 */
export interface RehearsalReport {
  readonly format: 1;
  readonly passed: boolean;
  /** Why the rehearsal failed; empty when it passed. */
  readonly failures: readonly string[];
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly setup: RehearseOptions;
  readonly facts: RehearsalMachine;
  readonly requests: SseReport;
  /** Names by address. */
  readonly pods: Readonly<Record<string, string>>;
  readonly steps: readonly ReportedStep[];
  readonly timeline: Timeline;
  /** Where clients held conversations: what these found in the caches of pods. */
  readonly prompts?: ReportedPrompts;
}

export interface ReportedPrompts extends PromptGate {
  readonly workload: string;
  readonly windows: readonly PromptWindow[];
}

export interface ReportedStep {
  readonly kind: 'upgrade' | 'rollback';
  readonly nth: number;
  readonly from: string;
  readonly to: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly instances: readonly ReportedInstance[];
}

export interface ReportedInstance {
  readonly name: string;
  readonly drainMs: number;
  readonly startMs: number;
  readonly firstDecision: ReportedDecision | null;
}

export interface ReportedDecision {
  readonly atMs: number;
  readonly isLoaded: boolean;
  /** Requests in flight by pod address, and in total. */
  readonly believed: Counts;
  readonly othersCounted: Counts;
  readonly believedTotal: number;
  readonly othersTotal: number;
}

/** Pure. */
export function createReport(
  outcome: RehearsalOutcome,
  setup: RehearseOptions,
  facts: RehearsalMachine,
): RehearsalReport {
  const failures = findFailures(outcome);
  const decision = (first: UpgradeFirstDecision, loaded: boolean): ReportedDecision => ({
    atMs: Math.max(0, first.atMs - outcome.startedAtMs),
    isLoaded: loaded,
    believed: first.believed,
    othersCounted: first.othersCounted,
    believedTotal: Math.round(totalOf(first.believed)),
    othersTotal: Math.round(totalOf(first.othersCounted)),
  });
  return {
    format: 1,
    passed: failures.length === 0,
    failures,
    startedAt: new Date(outcome.startedAtMs).toISOString(),
    durationMs: Math.round(outcome.durationMs),
    setup,
    facts,
    requests: outcome.report,
    pods: Object.fromEntries(outcome.pods),
    steps: outcome.steps.map(({ kind, nth, from, to, fromMs, toMs, upgrades }) => ({
      kind,
      nth,
      from: releaseName(from),
      to: releaseName(to),
      fromMs: Math.round(fromMs),
      toMs: Math.round(toMs),
      instances: upgrades.map((upgrade) => ({
        name: upgrade.name,
        drainMs: Math.round(upgrade.drainMs),
        startMs: Math.round(upgrade.startMs),
        firstDecision: upgrade.firstDecision ? decision(upgrade.firstDecision, isLoaded(upgrade)) : null,
      })),
    })),
    timeline: outcome.timeline,
    ...(outcome.prompts && { prompts: reportedPrompts(outcome.prompts) }),
  };
}

function reportedPrompts({ workload, gate, samples }: RehearsedPrompts): ReportedPrompts {
  return { workload, ...gate, windows: windowsOf(samples, gate.faults) };
}

/** Number of first decisions on a loaded view, and of all. */
export function loadedDecisions({ steps }: RehearsalReport): {
  readonly loaded: number;
  readonly of: number;
} {
  const instances = steps.flatMap((step) => step.instances);
  const loaded = instances.filter(({ firstDecision }) => firstDecision?.isLoaded).length;
  return { loaded, of: instances.length };
}
