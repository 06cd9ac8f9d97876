import type { InferenceRequest } from '../inferenceTrace.ts';

/** Where a request goes, and what is to be called when its first token and its end have come. */
export interface RoutedRequest {
  /** The number of the pod. */
  readonly pod: number;
  readonly onFirstToken?: () => void;
  readonly onEnd?: () => void;
}

/** One instance of a scheme: chooses the pods of the requests that reach it. */
export interface Router {
  route(request: InferenceRequest): RoutedRequest;
  /** It gets no more requests, and those that it placed may go on. */
  retire?(): void;
}
