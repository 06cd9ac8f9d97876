/**
 * What one connection may request. Rates are token buckets that hold `burstSeconds` of tokens. A
 * peer above a rate gets GOAWAY with ENHANCE_YOUR_CALM.
 */
export interface Http2Limits {
  /**
   * Concurrent streams; more are refused with REFUSED_STREAM, so that the client may retry
   * elsewhere.
   */
  readonly streams: number;
  /** The header list of one request, as HPACK counts it; also one header block on the wire. */
  readonly headerBytes: number;
  /**
   * RST_STREAM frames in either direction (rapid reset, CVE-2023-44487; reset flood,
   * CVE-2019-9514).
   */
  readonly resetsPerSecond: number;
  /**
   * PING and SETTINGS frames, which must be acknowledged (CVE-2019-9512, CVE-2019-9515). A PING for
   * each DATA or HEADERS frame that this side sends is not counted.
   */
  readonly controlFramesPerSecond: number;
  /** Frames without content that end nothing (CVE-2019-9518). */
  readonly emptyFramesPerSecond: number;
  /** Response bytes that wait for its windows (CVE-2019-9517). Default: 4 MiB. */
  readonly queuedBytes?: number;
}

export const burstSeconds = 5;

/** What all connections of one server may use together. */
export interface TotalLimits {
  /** Connections at once: above it, new ones displace idle ones, or are refused. */
  readonly connections: number;
  /** What is held for peers: see BufferBudget. */
  readonly bufferBytes: number;
}

/**
 * Which limit ended or refused a connection: one of TotalLimits; a `deadline`; or `rate`, one of
 * those on what a connection may do.
 */
export const reachedLimits = ['connections', 'bufferBytes', 'deadline', 'rate'] as const;
export type ReachedLimit = (typeof reachedLimits)[number];

/** Receives it once for each connection. Must not throw. */
export type OnReachedLimit = (limit: ReachedLimit) => void;
