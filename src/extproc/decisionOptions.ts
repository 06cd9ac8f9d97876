import type { RequestHeadersFor } from '../request/requestHeaders.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Decision } from '../scheduling/scheduler.ts';
import type { AibrixMode } from './aibrixMode.ts';
import type { BodyPhase } from './bodyPhase.ts';
import type { DecisionRecorder } from './decisionRecorder.ts';
import type { FullDuplexRules } from './fullDuplex/fullDuplexRules.ts';
import type { ModelRewriter } from './modelRewriter.ts';
import type { OwnMode } from './ownMode.ts';
import type { RepeatedFailures } from './repeatedFailures.ts';
import type { ExchangeSignals } from './routed.ts';
import type { RouteReplies } from './routeReplies.ts';

/** What the decisions of all exchanges need. */
export interface DecisionOptions {
  /** The configured headers that a request is read by, now. */
  readonly requestHeaders: RequestHeadersFor;
  readonly decide: (request: SchedulingRequest) => Decision;
  /** Decisions are spans, children of that in the metadata of the stream if there is one. */
  readonly isTraced: boolean;
  readonly routeReplies: RouteReplies;
  readonly retryAfterSeconds: number;
  /** undefined: no body is asked for. */
  readonly bodies: BodyPhase | undefined;
  /** undefined: no model is an alias. */
  readonly rewriter: ModelRewriter | undefined;
  readonly fullDuplex: FullDuplexRules;
  /** undefined: gateways that send bodies by themselves are not asked to send none. */
  readonly ownMode: OwnMode | undefined;
  /** undefined: clients and routes are not those of AIBrix. */
  readonly aibrix: AibrixMode | undefined;
  /** Clients are told which pod served, for conformance tests. */
  readonly echoesServed: boolean;
  readonly nowMs: () => number;
  readonly recorder: Pick<DecisionRecorder, 'decided' | 'undecided' | 'body'>;
  readonly repeatedFailures: RepeatedFailures;
  /** Judges pods by how their exchanges end; undefined: no response is watched. */
  readonly signals: ExchangeSignals | undefined;
}
