/** What is known of one HTTP request when its endpoint is chosen. */
export interface SchedulingRequest {
  /** The policy that the client or the route requests, as given. */
  readonly policy?: string;
  /** The endpoints that the request may go to, canonical addresses. Absent: all; empty: none. */
  readonly subset?: readonly string[];
  /** W3C `traceparent`, as given. */
  readonly traceparent?: string;
}
