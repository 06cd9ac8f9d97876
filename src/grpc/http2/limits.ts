/**
 * How much a connection may ask of this server. Rates are refilled continuously, and a burst may use up what
 * `burstSeconds` bring. A peer that goes beyond is sent away with ENHANCE_YOUR_CALM.
 */
export interface Http2Limits {
  /** Streams open at once on one connection; more are refused and may be tried elsewhere. */
  readonly streams: number;
  /** The fields of one request, as HPACK counts them; also the bytes of one header block on the wire. */
  readonly headerBytes: number;
  /** Streams ended by RST_STREAM, whoever sent it (rapid reset, CVE-2023-44487; reset flood, CVE-2019-9514). */
  readonly resetsPerSecond: number;
  /** PING and SETTINGS frames, each of which wants an answer (CVE-2019-9512, CVE-2019-9515). */
  readonly controlFramesPerSecond: number;
  /** Frames that carry nothing and end nothing (CVE-2019-9518). */
  readonly emptyFramesPerSecond: number;
}

export const burstSeconds = 5;
