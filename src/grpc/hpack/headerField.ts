/**
 * A header field and its meaning to a gRPC server. The meaning is determined once, when the field
 * is decoded as a literal: a proxy repeats nearly all its fields, which come out of the dynamic
 * table with their meaning.
 */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
  readonly meaning: Meaning;
}

export type Meaning =
  | 'method'
  | 'path'
  | 'scheme'
  | 'authority'
  | 'content-type'
  | 'content-length'
  | 'grpc-encoding'
  | 'grpc-timeout'
  | 'traceparent'
  /** Legal, and not used by this server. */
  | 'other'
  /** Makes the whole request malformed (RFC 9113, section 8.2). */
  | 'illegal';

/** What each field costs in the table beside name and value (RFC 7541, section 4.1). */
const overheadBytes = 32;

const meanings: ReadonlyMap<string, Meaning> = new Map([
  [':method', 'method'],
  [':path', 'path'],
  [':scheme', 'scheme'],
  [':authority', 'authority'],
  ['content-type', 'content-type'],
  ['content-length', 'content-length'],
  ['grpc-encoding', 'grpc-encoding'],
  ['grpc-timeout', 'grpc-timeout'],
  ['traceparent', 'traceparent'],
  // Connection-specific fields of HTTP/1.1 (RFC 9113, section 8.2.2).
  ['connection', 'illegal'],
  ['keep-alive', 'illegal'],
  ['proxy-connection', 'illegal'],
  ['transfer-encoding', 'illegal'],
  ['upgrade', 'illegal'],
]);

const legalName = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const illegalValue = /[\0\r\n]|^[ \t]|[ \t]$/;

export function headerField(name: string, value: string): HeaderField {
  return { name, value, meaning: meaningOf(name, value) };
}

export function sizeOf({ name, value }: HeaderField): number {
  return name.length + value.length + overheadBytes;
}

function meaningOf(name: string, value: string): Meaning {
  if (illegalValue.test(value)) return 'illegal';
  if (name === 'te') return value === 'trailers' ? 'other' : 'illegal';
  return meanings.get(name) ?? (legalName.test(name) ? 'other' : 'illegal');
}
