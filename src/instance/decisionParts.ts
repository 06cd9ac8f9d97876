import { randomUUID } from 'node:crypto';
import type { EventLog } from '../admin/eventLog.ts';
import type { AskedRequest } from '../admin/server.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import type { DynamicConfig } from '../dynamic/dynamicConfig.ts';
import { AibrixMode, aibrixHeaders, targetPodHeader } from '../extproc/aibrixMode.ts';
import { DecisionRecorder } from '../extproc/decisionRecorder.ts';
import { Exchanges } from '../extproc/exchanges.ts';
import { fullDuplexRules } from '../extproc/fullDuplex/fullDuplexRules.ts';
import type { LeftRequests } from '../extproc/fullDuplex/leftRequests.ts';
import { KeptBodyBudget } from '../extproc/keptBody.ts';
import { ModelRewriter } from '../extproc/modelRewriter.ts';
import { conformanceSelectionHeader, explainHeader } from '../extproc/names.ts';
import { OwnMode } from '../extproc/ownMode.ts';
import type { RepeatedFailures } from '../extproc/repeatedFailures.ts';
import type { UnexpectedErrors } from '../extproc/unexpectedErrors.ts';
import { answersStreams } from '../phase.ts';
import type { CompositePool } from '../pool/compositePool.ts';
import type { RequestHeadersFor } from '../request/requestHeaders.ts';
import { Assessor } from '../scheduling/assessor.ts';
import { DecisionWatch } from '../scheduling/decisionWatch.ts';
import { type Explanation, explain } from '../scheduling/explanation.ts';
import type { ModelAliases } from '../scheduling/modelAliases.ts';
import { Scheduler } from '../scheduling/scheduler.ts';
import { traitsOf } from '../scheduling/traits.ts';
import type { Log } from '../telemetry/log.ts';
import type { ScheduleTrace } from '../telemetry/scheduleTrace.ts';
import { isSampled } from '../telemetry/traceparent.ts';
import type { ExtensionParts } from './extensionParts.ts';
import { FirstDecisionProbe } from './firstDecisionProbe.ts';
import type { InstanceMetrics } from './instruments.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { PromptParts } from './promptParts.ts';
import { RequestHeaderChoice } from './requestHeaderChoice.ts';
import { requestOfAsked } from './requestOfAsked.ts';
import type { SharedParts } from './sharedParts.ts';
import type { SignalParts } from './signalParts.ts';

/** What decides about the requests of one pool. */
export interface DecisionParts {
  readonly exchanges: Exchanges;
  readonly firstDecisionProbe: FirstDecisionProbe;
  readonly decisionWatch: DecisionWatch;
  /** Decides about a request and reserves nothing. */
  readonly explainRequest: (asked: AskedRequest) => Explanation;
  /** Replies may have changed bodies. */
  readonly rewritesBodies: boolean;
}

export interface DecisionPartsOptions {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: InstanceMetrics;
  readonly trace: ScheduleTrace;
  readonly events: EventLog;
  readonly errors: UnexpectedErrors;
  readonly repeatedFailures: RepeatedFailures;
  readonly lifecycle: Lifecycle;
  readonly dynamic: DynamicConfig;
  readonly pool: CompositePool;
  /** undefined: no model name can be one. */
  readonly aliases: ModelAliases | undefined;
  readonly sharing: SharedParts;
  readonly signals: SignalParts;
  readonly left: LeftRequests;
  readonly prompts: Pick<PromptParts, 'schemes'>;
  readonly extensions: ExtensionParts;
}

/** Not started yet. */
export function createDecisionParts(options: DecisionPartsOptions): DecisionParts {
  const { config, dynamic, errors, lifecycle, log, metrics, repeatedFailures, sharing, trace } = options;
  const { gateway, limits, scheduling } = config;
  const aibrix = gateway.aibrix ? new AibrixMode(randomUUID) : undefined;
  const firstDecisionProbe = createFirstDecisionProbe(options);
  const assessor = trace.enabled ? new Assessor(({ traceparent }) => isSampled(traceparent)) : undefined;
  const scheduler = createScheduler(options, assessor);
  const requestHeaders = createRequestHeaders(options, scheduler);
  const rewriter = createRewriter(options);
  const decisionWatch = new DecisionWatch({ scheduler, clock: systemClock, now: () => new Date() });
  const recorder = new DecisionRecorder({
    defaultPolicy: () => dynamic.config.scheduling.policy,
    metrics,
    trace,
    log,
    takeAssessment: assessor && (() => assessor.take()),
    onUnexpectedError: (error) => errors.report(error, 'record'),
    onSlow: () => repeatedFailures.watch(),
  });
  // After a pause the first arrival may come before the detector's own timer, and must find the
  // instance in standby.
  const detectPause = (): void => {
    if (sharing.kind === 'etcd') sharing.pauseDetector.check();
  };
  const exchanges = new Exchanges({
    onStreamArrived: detectPause,
    answersStreams: () => answersStreams(lifecycle.phase),
    maxStreams: limits.maxStreams,
    requestHeaders: (policy) => decisionWatch.reading(requestHeaders(policy)),
    isTraced: trace.enabled,
    decide: firstDecisionProbe.wrap((request) => decisionWatch.decide(request)),
    replies: {
      extraHeaders: [...scheduling.destinationHeaders, ...(aibrix === undefined ? [] : [targetPodHeader])],
      maxAlternates: gateway.alternates,
      clearRouteCache: gateway.clearRouteCache || gateway.aibrix,
    },
    retryAfterSeconds: scheduling.retryAfterSeconds,
    nowMs: systemClock.nowMs,
    bodies: {
      preview: (request) => scheduler.preview(request),
      reserve: (route) => scheduler.reserve(route),
      bufferedBytes: limits.bufferedBodyBytes,
      schemes: options.prompts.schemes,
    },
    fullDuplex: fullDuplexRules(systemClock, {
      isAssumed: gateway.fullDuplex === 'assumed',
      // The headers of a response come back only while its stream is kept.
      responses: gateway.conformanceHeaders ? 'count' : gateway.responses,
      left: options.left,
      heldBytes: limits.bufferBytes / 2,
    }),
    ownMode: gateway.modeOverride === 'ask' ? new OwnMode(metrics, log) : undefined,
    aibrix,
    echoesServed: gateway.conformanceHeaders,
    recorder,
    repeatedFailures,
    rewriter,
    signals: options.signals.podSignals,
  });
  const explainRequest = (asked: AskedRequest): Explanation => {
    const read = requestOfAsked(asked, requestHeaders);
    const request = rewriter?.resolve(read) ?? read;
    return explain(request, scheduler.trail(request), scheduler.preview(request));
  };
  const rewritesBodies = rewriter !== undefined;
  return { exchanges, firstDecisionProbe, decisionWatch, explainRequest, rewritesBodies };
}

function createRequestHeaders(options: DecisionPartsOptions, scheduler: Scheduler): RequestHeadersFor {
  const { aliases, config, pool } = options;
  const { gateway, scheduling } = config;
  const { modelHeaders, sessionCookie, sessionBodyFields } = scheduling;
  const labelHeader = scheduling.labelHeader ?? (gateway.aibrix ? aibrixHeaders.labels : undefined);
  const sessionHeaders = [...scheduling.sessionHeaders, ...(gateway.aibrix ? aibrixHeaders.sessions : [])];
  const choice = new RequestHeaderChoice({
    configured: {
      models: modelHeaders,
      labels: labelHeader,
      modelInBody: 'unread',
      promptInBody: false,
      asksForSession: false,
      id: undefined,
      explain: scheduling.explainHeader ? explainHeader : undefined,
      session: { headers: sessionHeaders, cookie: sessionCookie, bodyFields: sessionBodyFields },
      subset: gateway.conformanceHeaders ? conformanceSelectionHeader : undefined,
      others: options.extensions.headers,
    },
    ...(aliases && { hasAliases: () => !aliases.isEmpty }),
    readsModel: gateway.aibrix,
    models: () => traitsOf(pool.all()),
    policyFor: (name) => scheduler.policyFor(name),
  });
  return (name) => choice.for(name);
}

function createRewriter({ aliases, config }: DecisionPartsOptions): ModelRewriter | undefined {
  const { limits, scheduling } = config;
  const { aliasHeader: header } = scheduling;
  if (aliases === undefined) return undefined;
  return new ModelRewriter({ aliases, header, budget: new KeptBodyBudget(limits.bufferBytes) });
}

function createScheduler(options: DecisionPartsOptions, assessor: Assessor | undefined): Scheduler {
  const { config, dynamic, extensions, pool, signals } = options;
  return new Scheduler({
    pool,
    ledger: signals.load,
    policies: extensions.policies,
    filters: extensions.filters,
    fallbackPolicy: config.scheduling.policy,
    aliases: Object.keys(config.scheduling.modelAliases),
    quarantine: signals.quarantine,
    rules: () => dynamic.config.scheduling,
    random: Math.random,
    assessor,
  });
}

function createFirstDecisionProbe({ events, log, sharing }: DecisionPartsOptions): FirstDecisionProbe {
  return new FirstDecisionProbe(sharing.ledger, (first) => {
    log.info({ event: 'decision.first', ...first }, 'first decision made');
    events.add('first-decision', `first decision: ${first.endpoint}`, { ...first });
  });
}
