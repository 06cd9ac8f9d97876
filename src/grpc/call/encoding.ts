import { gunzipSync, inflateSync } from 'node:zlib';

/** How compressed messages of a call are compressed. */
export type Encoding = 'identity' | 'gzip' | 'deflate';

export function isEncoding(name: string): name is Encoding {
  return name === 'identity' || name === 'gzip' || name === 'deflate';
}

/** What decompressing may come to. */
export type Decompressed =
  | { readonly kind: 'message'; readonly message: Buffer }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'broken'; readonly why: string };

/**
 * At once, not in a thread: messages stay in their order, and the limit bounds the time it takes.
 *
 * @param maxBytes a small message can become a large one; this is the largest
 */
export function decompress(encoding: Encoding, message: Buffer, maxBytes: number): Decompressed {
  if (encoding === 'identity') return { kind: 'broken', why: 'a compressed message without a grpc-encoding' };
  const inflate = encoding === 'gzip' ? gunzipSync : inflateSync;
  try {
    return { kind: 'message', message: inflate(message, { maxOutputLength: maxBytes }) };
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too-large' };
    return { kind: 'broken', why: `not ${encoding}: ${String(cause)}` };
  }
}
