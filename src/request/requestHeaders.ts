/** Which parts of a request say more about it, as configured. Names are in lower case. */
export interface RequestHeaders {
  /** They name the model. Empty: it is not read. */
  readonly models: readonly string[];
  /** It selects endpoints by their labels. undefined: it is not read. */
  readonly labels: string | undefined;
  /** Whether the body can name the model where no header does. */
  readonly modelInBody: ModelInBody;
  /** Whether the policy reads the prompt, which only the body has. */
  readonly promptInBody: boolean;
  /** Where the session is named. undefined: it is not read. */
  readonly session: SessionPlaces | undefined;
  /** The session is worth asking for a body. */
  readonly asksForSession: boolean;
  /** It names the request for people. undefined: it is not read. */
  readonly id: string | undefined;
  /** With it a client asks for an explanation. undefined: clients get none. */
  readonly explain: string | undefined;
  /** It names a subset, in place of the metadata. undefined: it is not read. */
  readonly subset: string | undefined;
  /** Extensions read them as they are. */
  readonly others: readonly string[];
}

/**
 * - `unread`: no decision depends on it.
 * - `helps`: the policy reads it.
 * - `decides`: pods serve different models.
 */
export type ModelInBody = 'unread' | 'helps' | 'decides';

export interface SessionPlaces {
  /** The first that has a value counts. */
  readonly headers: readonly string[];
  /** The name of a cookie, for requests that have none of the headers. */
  readonly cookie: string | undefined;
  /** Members of the body, for requests that have neither. Empty: no body is read for it. */
  readonly bodyFields: readonly string[];
}

/** Which headers are read for a request that names this policy, or none. */
export type RequestHeadersFor = (policy: string | undefined) => RequestHeaders;

export const noRequestHeaders: RequestHeaders = {
  models: [],
  labels: undefined,
  modelInBody: 'unread',
  promptInBody: false,
  session: undefined,
  asksForSession: false,
  id: undefined,
  explain: undefined,
  subset: undefined,
  others: [],
};
