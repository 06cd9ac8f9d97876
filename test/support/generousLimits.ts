import type { Http2Limits, TotalLimits } from '../../src/grpc/http2/limits.ts';

/** Limits that only tests about limits reach. */
export const generousLimits: Http2Limits = {
  streams: 10_000,
  headerBytes: 65_536,
  resetsPerSecond: 100_000,
  controlFramesPerSecond: 10_000,
  emptyFramesPerSecond: 10_000,
};

export const generousTotalLimits: TotalLimits = { connections: 100_000, bufferBytes: 128 * 1024 * 1024 };
