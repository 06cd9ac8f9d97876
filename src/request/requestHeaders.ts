/** The configured headers that say more about a request. Names are in lower case. */
export interface RequestHeaders {
  /** They name the model. Empty: it is not read. */
  readonly models: readonly string[];
  /** It selects endpoints by their labels. undefined: it is not read. */
  readonly labels: string | undefined;
}

export const noRequestHeaders: RequestHeaders = { models: [], labels: undefined };
