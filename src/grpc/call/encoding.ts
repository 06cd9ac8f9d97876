import { gunzipSync, inflateSync } from 'node:zlib';

/** The compression that `grpc-encoding` names. */
export type Encoding = 'identity' | 'gzip' | 'deflate';

export function isEncoding(name: string): name is Encoding {
  return name === 'identity' || name === 'gzip' || name === 'deflate';
}

export type Decompressed =
  | { readonly kind: 'message'; readonly message: Buffer }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'invalid'; readonly reason: string };

/**
 * Synchronous, so that messages keep their order; `maxBytes` bounds the time.
 *
 * @param maxBytes the largest decompressed message: a small message can expand to a large one
 */
export function decompress(encoding: Encoding, message: Buffer, maxBytes: number): Decompressed {
  if (encoding === 'identity') {
    return { kind: 'invalid', reason: 'a compressed message without grpc-encoding' };
  }
  const inflate = encoding === 'gzip' ? gunzipSync : inflateSync;
  try {
    return { kind: 'message', message: inflate(message, { maxOutputLength: maxBytes }) };
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too-large' };
    return { kind: 'invalid', reason: `the message is not valid ${encoding}: ${String(cause)}` };
  }
}
