/**
 * A pod that can be chosen: its address and its configured traits. Its health is in pool/, its load
 * in ledger/.
 */
export interface Endpoint {
  /** Canonical `ip:port`, IPv6 in brackets, byte for byte what Envoy prints for the same host. */
  readonly address: string;
  /** Of the pod, where its source knows it. For people. */
  readonly name?: string;
  /** Relative capacity, > 0: weight 2 gets twice the requests of weight 1. */
  readonly weight: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Model names it serves; empty means not known. */
  readonly models: readonly string[];
  /** Requests it can run at once, where known. */
  readonly slots?: number;
}
