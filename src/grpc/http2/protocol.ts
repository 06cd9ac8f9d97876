import type { ForeignProtocol } from '../foreignProtocol.ts';

/** The constants of HTTP/2 that a server needs (RFC 9113, sections 3.4, 4, 6 and 7). */

export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export const frameHeaderBytes = 9;
/** The initial SETTINGS_MAX_FRAME_SIZE. This server never changes its own. */
export const defaultMaxFrameBytes = 16_384;
export const defaultWindowBytes = 65_535;
export const defaultTableBytes = 4096;
export const largestWindowBytes = 2 ** 31 - 1;
export const largestStreamId = 2 ** 31 - 1;

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Frames that name a stream. */
export function isStreamFrame(type: number): boolean {
  return type <= frameType.rstStream || type === frameType.continuation;
}

/** Frames that name none. WINDOW_UPDATE may do both. */
export function isConnectionFrame(type: number): boolean {
  return type === frameType.settings || type === frameType.ping || type === frameType.goaway;
}

export const flag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

export const errorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const;

export type Http2ErrorCode = (typeof errorCode)[keyof typeof errorCode];

/** A connection error (RFC 9113, section 5.4.1): the connection ends with GOAWAY. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code: Http2ErrorCode;

  constructor(code: Http2ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The client does not speak HTTP/2. */
export class PrefaceError extends ConnectionError {
  readonly protocol: ForeignProtocol;

  constructor(protocol: ForeignProtocol) {
    super(errorCode.protocolError, 'the connection preface is not that of HTTP/2');
    this.protocol = protocol;
  }
}
