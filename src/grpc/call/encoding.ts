import { gunzipSync, inflateSync } from 'node:zlib';

/** The compression that `grpc-encoding` names. */
export type Encoding = 'identity' | 'gzip' | 'deflate';

export const uncompressed: readonly Encoding[] = ['identity'];
export const allEncodings: readonly Encoding[] = ['identity', 'deflate', 'gzip'];

/**
 * Headers and JSON expand up to about ten times. Deflate allows a thousand times, by which a few
 * bytes would cost as much as a large message.
 */
export const maxExpansion = 32;

export type Decompressed =
  | { readonly kind: 'message'; readonly message: Buffer }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'invalid'; readonly reason: string };

/**
 * Synchronous, so that messages keep their order; `maxBytes` and `maxExpansion` bound the time.
 *
 * @param maxBytes the largest decompressed message
 */
export function decompress(encoding: Encoding, message: Buffer, maxBytes: number): Decompressed {
  if (encoding === 'identity') {
    return { kind: 'invalid', reason: 'a compressed message without grpc-encoding' };
  }
  const inflate = encoding === 'gzip' ? gunzipSync : inflateSync;
  const maxOutputLength = Math.min(maxBytes, Math.max(1, message.length * maxExpansion));
  try {
    return { kind: 'message', message: inflate(message, { maxOutputLength }) };
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too-large' };
    return { kind: 'invalid', reason: `the message is not valid ${encoding}: ${String(cause)}` };
  }
}
