import { type HeaderField, sizeOf } from '../hpack/headerField.ts';

/** How the header fields of a request turned out. */
export type HeadVerdict = 'good' | 'malformed' | 'too-large';

/**
 * The header fields of one request, as far as a gRPC server reads them, and whether they are what HTTP/2
 * allows (RFC 9113, section 8). One a connection, filled anew by each header block: who needs a value for
 * longer copies it.
 */
export class RequestHead {
  method: string | undefined;
  path: string | undefined;
  scheme: string | undefined;
  contentType: string | undefined;
  grpcEncoding: string | undefined;
  grpcTimeout: string | undefined;
  /** What `content-length` says, or -1. */
  contentBytes = -1;
  readonly #limitBytes: number;
  #bytes = 0;
  #isMalformed = false;
  /** Regular fields have begun, so that no pseudo-header field may come; in trailers from the start. */
  #pseudoOver = false;
  #hasAuthority = false;

  /** @param limitBytes the largest header list */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  clear(isTrailers: boolean): void {
    this.method = undefined;
    this.path = undefined;
    this.scheme = undefined;
    this.contentType = undefined;
    this.grpcEncoding = undefined;
    this.grpcTimeout = undefined;
    this.contentBytes = -1;
    this.#bytes = 0;
    this.#isMalformed = false;
    this.#pseudoOver = isTrailers;
    this.#hasAuthority = false;
  }

  /** @param isWhole nothing follows, so that nothing may have been promised */
  requestVerdict(isWhole: boolean): HeadVerdict {
    if (this.#bytes > this.#limitBytes) return 'too-large';
    if (isWhole && this.contentBytes > 0) return 'malformed';
    const isComplete = this.method !== undefined && this.scheme !== undefined && this.path !== undefined;
    return isComplete && this.path !== '' && !this.#isMalformed ? 'good' : 'malformed';
  }

  trailersVerdict(): HeadVerdict {
    if (this.#bytes > this.#limitBytes) return 'too-large';
    return this.#isMalformed ? 'malformed' : 'good';
  }

  onField(field: HeaderField): void {
    this.#bytes += sizeOf(field);
    switch (field.meaning) {
      case 'method':
        this.#pseudo(this.method !== undefined);
        this.method = field.value;
        break;
      case 'path':
        this.#pseudo(this.path !== undefined);
        this.path = field.value;
        break;
      case 'scheme':
        this.#pseudo(this.scheme !== undefined);
        this.scheme = field.value;
        break;
      case 'authority':
        this.#pseudo(this.#hasAuthority);
        this.#hasAuthority = true;
        break;
      default:
        this.#pseudoOver = true;
        this.#onRegular(field);
    }
  }

  #pseudo(isDouble: boolean): void {
    if (isDouble || this.#pseudoOver) this.#isMalformed = true;
  }

  #onRegular({ meaning, value }: HeaderField): void {
    switch (meaning) {
      case 'illegal':
        this.#isMalformed = true;
        break;
      case 'content-type':
        this.contentType = value;
        break;
      case 'content-length':
        if (/^\d{1,15}$/.test(value)) this.contentBytes = Number(value);
        else this.#isMalformed = true;
        break;
      case 'grpc-encoding':
        this.grpcEncoding = value;
        break;
      case 'grpc-timeout':
        this.grpcTimeout = value;
        break;
      default:
      // Fields of no interest.
    }
  }
}
