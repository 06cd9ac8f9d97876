import type { PromptCuts } from './promptCuts.ts';

/** What is known of one HTTP request when its endpoint is chosen. */
export interface SchedulingRequest {
  /** The policy that the client or the route requests, as given. */
  readonly policy?: string;
  /** What an AIBrix client named, where `policy` is the nearest of Baton's. */
  readonly strategy?: string;
  /** The model that the request is for. */
  readonly model?: string;
  /** The name that the client gave, where `model` is the variant that was chosen for it. */
  readonly alias?: string;
  /** What requests of one conversation or client have in common, as given. */
  readonly session?: string;
  /** Its prompt, where the body was read for it. */
  readonly prompt?: PromptCuts;
  /** The labels that its endpoint must have, as given. */
  readonly labels?: string;
  /** The endpoints that the request may go to. Absent: all. */
  readonly subset?: Subset;
  /** The headers that extensions read, by name in lower case, as given. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The client gets it with its response, to send it again (AIBrix). */
  readonly sessionId?: string;
  /** `x-request-id`, while someone reads decisions, or for AIBrix clients. */
  readonly requestId?: string;
  /** The client asks why it goes where it goes, and may. */
  readonly isExplained?: true;
  /** W3C `traceparent`, as given. */
  readonly traceparent?: string;
}

/** A request that asks for nothing in particular. Nearly all are, so they share it. */
export const plainRequest: SchedulingRequest = {};

/**
 * Addresses and bare IPs, not parsed: most of them are found as they are. Empty: no endpoint.
 * `too-large`: more than is read.
 */
export type Subset = readonly string[] | 'too-large';
