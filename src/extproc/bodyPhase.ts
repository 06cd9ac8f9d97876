import { announcedBody } from '../request/body/announcedBody.ts';
import { lacksFacts } from '../request/body/lacksFacts.ts';
import type { RequestHeaders } from '../request/requestHeaders.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Route } from '../scheduling/decision.ts';
import type { Scheduler } from '../scheduling/scheduler.ts';
import type { BodyArrivals } from './bodyArrivals.ts';
import type { DuplexBodies } from './fullDuplex/fullDuplexRules.ts';
import type { ModelRewriter } from './modelRewriter.ts';
import type { WantedBody } from './modeOverride.ts';
import type { OwnMode } from './ownMode.ts';
import type { ProcessingRequestReader } from './processingRequestReader.ts';
import type { PromptReading } from './scannedBody.ts';

/** What is needed to decide in two phases: on the headers, and again on the body. */
export interface BodyPhase extends Pick<Scheduler, 'preview' | 'reserve'> {
  /** Envoy is asked for longer bodies in part, in bytes. */
  readonly bufferedBytes: number;
  readonly arrivals: BodyArrivals;
  /** How prompts are hashed now. */
  readonly schemes: () => PromptReading['schemes'];
}

interface BodyChanges {
  readonly rewriter: ModelRewriter | undefined;
  readonly ownMode: OwnMode | undefined;
}

/** A shorter prompt is computed sooner than it would be read and compared. */
const shortestPromptBytes = 1024;

interface BodyMode {
  /** How it is asked for; `configured`: it is not, Envoy sends it by itself. */
  readonly mode: Exclude<WantedBody, 'none'> | 'configured';
  /** Envoy sends it even where it ignores what it is asked for. */
  readonly isCertain: boolean;
}

/** A body that can change the decision on the headers. */
export interface AwaitedBody extends BodyMode {
  readonly bodies: BodyPhase;
  readonly first: Route;
  /** How its prompt is read; undefined: it is not. */
  readonly prompt: PromptReading | undefined;
}

/**
 * undefined: the body cannot be read, or nothing in it could change the decision.
 *
 * @param duplex the bodies that Envoy sends anyway, piece by piece
 */
export function awaitedBody(
  bodies: BodyPhase,
  reader: ProcessingRequestReader,
  request: SchedulingRequest,
  wanted: RequestHeaders,
  duplex: DuplexBodies | undefined,
  { rewriter, ownMode }: BodyChanges,
): AwaitedBody | undefined {
  const wantsFacts = lacksFacts(request, wanted) || (rewriter?.changesBodyOf(request) ?? false);
  if (!wantsFacts && !wanted.promptInBody) return undefined;
  if (reader.isEndOfStream) return undefined;
  const body = announcedBody(reader);
  const comes = duplex?.request === true ? asConfigured : undefined;
  const mode = body && (comes ?? bodyModeFor(reader, body.bytes, bodies.bufferedBytes, ownMode));
  if (mode === undefined) return undefined;
  const first = bodies.preview(rewriter?.resolve(request) ?? request);
  if (first.kind === 'reject') return undefined;
  // NaN, a length that is none, counts as unknown.
  const isShort = body?.bytes !== undefined && body.bytes < shortestPromptBytes;
  const wantsPrompt = wanted.promptInBody && first.candidates > 1 && !isShort;
  if (!wantsFacts && !wantsPrompt) return undefined;
  const prompt = wantsPrompt && body ? { format: body.format, schemes: bodies.schemes() } : undefined;
  return { bodies, first, ...mode, prompt };
}

/**
 * How a body of so many bytes is to come. undefined: it does not.
 *
 * With BUFFERED Envoy answers 413 where the body exceeds its buffer, so that is for a body that is
 * known to fit. With BUFFERED_PARTIAL it sends what fits and goes on.
 */
function bodyModeFor(
  reader: ProcessingRequestReader,
  bytes: number | undefined,
  bufferedBytes: number,
  ownMode: OwnMode | undefined,
): BodyMode | undefined {
  const fits = bytes !== undefined && bytes <= bufferedBytes;
  const bySize = fits ? 'buffered' : 'buffered-partial';
  if (reader.sendsNoBodies) return { mode: bySize, isCertain: false };
  const { request } = reader.bodyModes;
  if (request !== 'BUFFERED' && request !== 'BUFFERED_PARTIAL') {
    // Streamed, it would come behind the headers, when the pod has the request already.
    return ownMode?.isGranted(reader) === true ? { mode: bySize, isCertain: false } : undefined;
  }
  if (ownMode === undefined) return asConfigured;
  return { mode: request === 'BUFFERED' ? bySize : 'buffered-partial', isCertain: true };
}

const asConfigured: BodyMode = { mode: 'configured', isCertain: true };
