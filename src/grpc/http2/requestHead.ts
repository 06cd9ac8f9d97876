import { type HeaderField, sizeOf } from '../hpack/headerField.ts';

/** Whether a header list may be served. */
export type HeadVerdict = 'good' | 'malformed' | 'too-large';

/**
 * Where in the list the next field stands (RFC 9113, section 8.3: pseudo-header fields come first).
 */
type Section = 'pseudo' | 'regular' | 'malformed';

/**
 * The header fields of one request that a gRPC server needs, and whether the list is well-formed
 * (RFC 9113, section 8). There is one for each connection: each header block overwrites it.
 */
export class RequestHead {
  method: string | undefined;
  path: string | undefined;
  scheme: string | undefined;
  authority: string | undefined;
  contentType: string | undefined;
  grpcEncoding: string | undefined;
  grpcTimeout: string | undefined;
  /** W3C Trace Context, not parsed. */
  traceparent: string | undefined;
  /** The value of `content-length`, or -1. */
  contentBytes = -1;
  readonly #limitBytes: number;
  #bytes = 0;
  #section: Section = 'pseudo';

  /** @param limitBytes the largest header list */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** @param isTrailers no pseudo-header field is allowed */
  clear(isTrailers: boolean): void {
    this.method = undefined;
    this.path = undefined;
    this.scheme = undefined;
    this.authority = undefined;
    this.contentType = undefined;
    this.grpcEncoding = undefined;
    this.grpcTimeout = undefined;
    this.traceparent = undefined;
    this.contentBytes = -1;
    this.#bytes = 0;
    this.#section = isTrailers ? 'regular' : 'pseudo';
  }

  /** @param endStream nothing follows, so a content length above 0 is malformed */
  requestVerdict(endStream: boolean): HeadVerdict {
    if (this.#bytes > this.#limitBytes) return 'too-large';
    if (endStream && this.contentBytes > 0) return 'malformed';
    const isComplete = this.method !== undefined && this.scheme !== undefined && this.path !== undefined;
    return isComplete && this.path !== '' && this.#section !== 'malformed' ? 'good' : 'malformed';
  }

  trailersVerdict(): HeadVerdict {
    if (this.#bytes > this.#limitBytes) return 'too-large';
    return this.#section === 'malformed' ? 'malformed' : 'good';
  }

  onField(field: HeaderField): void {
    this.#bytes += sizeOf(field);
    switch (field.meaning) {
      case 'method':
        this.#checkPseudo(this.method);
        this.method = field.value;
        break;
      case 'path':
        this.#checkPseudo(this.path);
        this.path = field.value;
        break;
      case 'scheme':
        this.#checkPseudo(this.scheme);
        this.scheme = field.value;
        break;
      case 'authority':
        this.#checkPseudo(this.authority);
        this.authority = field.value;
        break;
      default:
        if (this.#section === 'pseudo') this.#section = 'regular';
        this.#onRegular(field);
    }
  }

  /** A pseudo-header field comes before the regular ones, once. */
  #checkPseudo(before: string | undefined): void {
    if (before !== undefined || this.#section !== 'pseudo') this.#section = 'malformed';
  }

  #onRegular({ meaning, value }: HeaderField): void {
    switch (meaning) {
      case 'illegal':
        this.#section = 'malformed';
        break;
      case 'content-type':
        this.contentType = value;
        break;
      case 'content-length':
        if (/^\d{1,15}$/.test(value)) this.contentBytes = Number(value);
        else this.#section = 'malformed';
        break;
      case 'grpc-encoding':
        this.grpcEncoding = value;
        break;
      case 'grpc-timeout':
        this.grpcTimeout = value;
        break;
      case 'traceparent':
        this.traceparent = value;
        break;
      default:
      // The other fields are not needed.
    }
  }
}
