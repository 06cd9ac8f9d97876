/**
 * What counts against a pod in how an exchange ended. Mistakes of clients never do: any status of
 * 400 to 499 that is not listed here is one.
 */
export const failureKinds = [
  /** 5xx, of the pod or of Envoy on its behalf: reset, closed, no connection. */
  'server-error',
  /** 429 */
  'overloaded',
  /** 404: a model or a path that it does not have. */
  'not-found',
  /** 401 or 403 */
  'unauthorized',
  /** Envoy did not reach it, and another pod served the request. */
  'unreachable',
  /** The response began and ended early, before it was complete. */
  'cut',
  /** The response ended incomplete when it had lasted a usual time, several times in a row. */
  'cut-late',
  /** An error event in a stream that began with 200. */
  'error-event',
  /** The same when the stream had lasted a usual time. */
  'error-late',
  /** 200 without content. */
  'empty',
] as const;
export type PodFailure = (typeof failureKinds)[number];

export type ResponseVerdict =
  | { readonly kind: 'good' }
  | { readonly kind: 'failure'; readonly failure: PodFailure }
  /** Says nothing about the pod. */
  | { readonly kind: 'neutral' };

export const good: ResponseVerdict = { kind: 'good' };
export const neutral: ResponseVerdict = { kind: 'neutral' };

/** Only a response that is followed to its end shows whether the pod still fails so. */
export function isLate(failure: PodFailure): boolean {
  return failure === 'cut-late' || failure === 'error-late';
}

export function failed(failure: PodFailure): ResponseVerdict {
  return { kind: 'failure', failure };
}

/** What a status says by itself. */
export function verdictOfStatus(status: number): ResponseVerdict {
  if (status >= 500) return failed('server-error');
  if (status === 429) return failed('overloaded');
  if (status === 404) return failed('not-found');
  if (status === 401 || status === 403) return failed('unauthorized');
  return status >= 400 ? neutral : good;
}
