/** What is known of one HTTP request when its pod is chosen. Read from the wire in extproc/. */
export interface SchedulingRequest {
  /** The policy the client or the route asks for (`routing-strategy`), as given. */
  readonly policy?: string;
  /**
   * The endpoints the request may go to, canonical addresses; absent means all, empty means none.
   */
  readonly subset?: readonly string[];
  /** W3C `traceparent`, as given. */
  readonly traceparent?: string;
}
