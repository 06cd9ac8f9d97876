/**
 * A pod that can be chosen: where it listens and what is known of it without asking it.
 * Not here: its health (pool/) and its load (ledger/).
 */
export interface Endpoint {
  /** Canonical `ip:port`, IPv6 in brackets, byte for byte what Envoy prints for the same host. */
  readonly address: string;
  /** Relative capacity, > 0; an endpoint of weight 2 is offered twice the requests of one of weight 1. */
  readonly weight: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Model names it serves; empty means not known. */
  readonly models: readonly string[];
  /** Requests it can run at once, where known. */
  readonly slots?: number;
}
