import type { Http2Stream } from '../http2/http2Stream.ts';
import type { StreamListener } from '../http2/streamOwner.ts';
import {
  type FailureStatus,
  longestHeadBytes,
  type MessageParts,
  type ServerStream,
  type ServerStreamListener,
  type StreamHandler,
} from '../serverStream.ts';
import { decompress, type Encoding, maxExpansion } from './encoding.ts';
import { PartialMessage, prefixBytes } from './partialMessage.ts';
import { failure, okTrailers, okWithoutMessages, responseHeaders, type StatusName } from './status.ts';

export interface CallOptions {
  readonly encoding: Encoding;
  /** The client's deadline; undefined: none. */
  readonly timeoutMs: number | undefined;
  readonly maxMessageBytes: number;
  readonly traceparent: string | undefined;
}

/**
 * unanswered → answering   the response headers and the first message are sent
 * any        → closed      status sent, deadline exceeded, or reset; nothing is passed on any more
 */
type CallState = 'unanswered' | 'answering' | 'closed';

/** All calls share both: what is sent is copied before the next prefix is written. */
const prefix = Buffer.alloc(prefixBytes);
const prefixAndHead = Buffer.alloc(prefixBytes + longestHeadBytes);

/** One gRPC call on one HTTP/2 stream: splits received data into messages, and frames replies. */
export class GrpcCall implements ServerStream, StreamListener {
  readonly traceparent: string | undefined;
  readonly #stream: Http2Stream;
  readonly #encoding: Encoding;
  readonly #maxMessageBytes: number;
  readonly #deadline: NodeJS.Timeout | undefined;
  #state: CallState = 'unanswered';
  #listener: ServerStreamListener | undefined;
  #partial: PartialMessage | undefined;
  /** Takes the content of the partial message; undefined: it is collected. */
  #taker: MessageParts | undefined;
  /** Reserved on the connection for the partial message. */
  #reservedBytes = 0;

  constructor(stream: Http2Stream, { encoding, timeoutMs, maxMessageBytes, traceparent }: CallOptions) {
    this.traceparent = traceparent;
    this.#stream = stream;
    this.#encoding = encoding;
    this.#maxMessageBytes = maxMessageBytes;
    if (timeoutMs !== undefined) {
      this.#deadline = setTimeout(() => stream.contain(() => this.#onDeadline()), timeoutMs);
    }
  }

  begin(handler: StreamHandler): this {
    const listener = handler(this);
    if (this.#state !== 'closed') this.#listener = listener;
    return this;
  }

  get connection(): unknown {
    return this.#stream.connection;
  }

  reply(message: Uint8Array): void {
    if (this.#state === 'closed') return;
    this.#answer();
    prefix.writeUInt32BE(message.length, 1);
    this.#stream.sendData(prefix, message);
  }

  replyOf(head: Uint8Array, content: Uint8Array): void {
    if (this.#state === 'closed') return;
    this.#answer();
    prefixAndHead.writeUInt32BE(head.length + content.length, 1);
    prefixAndHead.set(head, prefixBytes);
    this.#stream.sendData(prefixAndHead.subarray(0, prefixBytes + head.length), content);
  }

  #answer(): void {
    if (this.#state !== 'unanswered') return;
    this.#state = 'answering';
    this.#stream.sendHeaders(responseHeaders);
  }

  end(): void {
    this.#end(this.#state === 'answering' ? okTrailers : okWithoutMessages);
  }

  fail(code: FailureStatus, message: string): void {
    if (this.#state !== 'closed') this.#end(failure(code, message, this.#state === 'unanswered'));
  }

  onData(bytes: Buffer, start: number, end: number): void {
    let offset = start;
    while (offset < end && this.#state !== 'closed') {
      const available = end - offset;
      const length = available < prefixBytes ? undefined : bytes.readUInt32BE(offset + 1);
      if (this.#partial === undefined && length !== undefined && length <= available - prefixBytes) {
        const messageEnd = offset + prefixBytes + length;
        this.#onMessage(bytes, offset, messageEnd);
        offset = messageEnd;
      } else offset = this.#onPart(bytes, offset, end);
    }
  }

  onEnd(): void {
    if (this.#state === 'closed') return;
    this.#stream.expectMessage(false);
    if (this.#partial === undefined) this.#listener?.onEnd();
    else this.#abort('INTERNAL', 'the stream ended inside a message');
  }

  onClosed(how: 'cancelled' | 'error'): void {
    const listener = this.#listener;
    this.#close();
    listener?.onClosed(how);
  }

  /** @returns the offset behind the bytes that were used */
  #onPart(bytes: Buffer, start: number, end: number): number {
    this.#partial ??= new PartialMessage();
    this.#stream.expectMessage(true);
    let offset = start;
    if (this.#partial.length < prefixBytes) offset = this.#partial.add(bytes, start, end);
    if (this.#partial.length === prefixBytes && offset < end) {
      this.#offer(this.#partial, bytes[offset] as number);
      // The listener may have failed the call.
      if (this.#state === 'closed') return offset;
    }
    return this.#taker === undefined
      ? this.#collect(this.#partial, bytes, offset, end)
      : this.#pass(this.#partial, this.#taker, bytes, offset, end);
  }

  #offer({ missingBytes, isCompressed }: PartialMessage, firstByte: number): void {
    if (missingBytes > 0 && !isCompressed) this.#taker = this.#listener?.onLongMessage?.(firstByte);
  }

  #pass(partial: PartialMessage, to: MessageParts, bytes: Buffer, start: number, end: number) {
    const offset = start + Math.min(partial.missingBytes, end - start);
    partial.pass(offset - start);
    // None of it is kept, so only silence has a deadline.
    this.#stream.awaitedSinceMs = undefined;
    if (offset > start) to.onPart(bytes, start, offset);
    if (partial.missingBytes === 0 && this.#partial === partial) {
      this.#dropPartial();
      this.#stream.expectMessage(false);
      to.onWhole();
    }
    return offset;
  }

  #collect(partial: PartialMessage, bytes: Buffer, start: number, end: number): number {
    const offset = partial.add(bytes, start, end);
    const { announcedBytes, whole, bufferedBytes } = partial;
    const isReserved = this.#stream.reserveBuffer(bufferedBytes - this.#reservedBytes);
    if (isReserved) this.#reservedBytes = bufferedBytes;
    if (announcedBytes !== undefined && announcedBytes > this.#maxMessageBytes) this.#abortTooLarge();
    else if (whole !== undefined) {
      this.#dropPartial();
      this.#onMessage(whole, 0, whole.length);
    } else if (!isReserved) {
      this.#abort('RESOURCE_EXHAUSTED', 'the partial messages of this connection are too large');
    }
    return offset;
  }

  #dropPartial(): void {
    this.#partial = undefined;
    this.#taker = undefined;
    if (this.#reservedBytes > 0) this.#stream.reserveBuffer(-this.#reservedBytes);
    this.#reservedBytes = 0;
  }

  /** @param start of the prefix */
  #onMessage(bytes: Buffer, start: number, end: number): void {
    const message = bytes.subarray(start + prefixBytes, end);
    if (this.#listener?.takesOneMessage !== true) this.#stream.expectMessage(false);
    if (message.length > this.#maxMessageBytes) this.#abortTooLarge();
    else if (bytes[start] === 0) this.#listener?.onMessage(message);
    else this.#onCompressed(message);
  }

  #onCompressed(message: Buffer): void {
    const result = decompress(this.#encoding, message, this.#maxMessageBytes);
    switch (result.kind) {
      case 'message':
        this.#listener?.onMessage(result.message);
        break;
      case 'too-large':
        this.#abortTooLarge(`, or than ${maxExpansion} times its compressed bytes`);
        break;
      case 'invalid':
        this.#abort('INTERNAL', result.reason);
        break;
      default:
        result satisfies never;
    }
  }

  #abortTooLarge(why = ''): void {
    this.#abort('RESOURCE_EXHAUSTED', `the message is larger than ${this.#maxMessageBytes} bytes${why}`);
  }

  #onDeadline(): void {
    this.#abort('DEADLINE_EXCEEDED', 'deadline exceeded', 'cancelled');
  }

  /** Fails the call for a reason that its listener does not know. */
  #abort(status: StatusName, message: string, how: 'cancelled' | 'error' = 'error'): void {
    if (this.#state === 'closed') return;
    const listener = this.#listener;
    try {
      this.#end(failure(status, message, this.#state === 'unanswered'));
    } finally {
      listener?.onClosed(how);
    }
  }

  #end(trailers: Uint8Array): void {
    if (this.#state === 'closed') return;
    this.#close();
    this.#stream.end(trailers);
  }

  #close(): void {
    this.#state = 'closed';
    this.#listener = undefined;
    this.#dropPartial();
    clearTimeout(this.#deadline);
  }
}
