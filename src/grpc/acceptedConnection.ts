/** A connection that a gRPC server serves. */
export interface AcceptedConnection {
  /** Asks the client to leave (GOAWAY). Open streams go on. */
  shutdown(): void;
  /** Closes it at once. */
  destroy(): void;
}
