import type { Http2Stream, StreamListener } from '../http2/http2Stream.ts';
import type { FailureStatus, ServerStream, ServerStreamListener, StreamHandler } from '../serverStream.ts';
import { decompress, type Encoding } from './encoding.ts';
import { PartialMessage, prefixBytes } from './partialMessage.ts';
import { failure, okTrailers, okWithoutMessages, responseHeaders, type StatusName } from './status.ts';

export interface CallOptions {
  readonly encoding: Encoding;
  /** How long the client will wait; undefined means for ever. */
  readonly timeoutMs: number | undefined;
  readonly maxMessageBytes: number;
}

/** One for all: what is sent is copied before the next is written. */
const prefix = Buffer.alloc(prefixBytes);

/**
 * One gRPC call on one HTTP/2 stream: cuts what comes into messages and puts answers into their frame. It is
 * over for its listener when it was answered, refused or has gone; what is said after that goes nowhere.
 */
export class GrpcCall implements ServerStream, StreamListener {
  readonly #stream: Http2Stream;
  readonly #encoding: Encoding;
  readonly #maxMessageBytes: number;
  readonly #deadline: NodeJS.Timeout | undefined;
  #listener: ServerStreamListener | undefined;
  #partial: PartialMessage | undefined;
  /** Of the partial message. */
  #heldBytes = 0;
  #hasReplied = false;
  #isOver = false;

  constructor(stream: Http2Stream, { encoding, timeoutMs, maxMessageBytes }: CallOptions) {
    this.#stream = stream;
    this.#encoding = encoding;
    this.#maxMessageBytes = maxMessageBytes;
    if (timeoutMs !== undefined) this.#deadline = setTimeout(() => this.#onDeadline(), timeoutMs);
  }

  begin(accept: StreamHandler): this {
    const listener = accept(this);
    if (!this.#isOver) this.#listener = listener;
    return this;
  }

  reply(message: Uint8Array): void {
    if (this.#isOver) return;
    if (!this.#hasReplied) {
      this.#hasReplied = true;
      this.#stream.sendHeaders(responseHeaders);
    }
    prefix.writeUInt32BE(message.length, 1);
    this.#stream.sendData(prefix, message);
  }

  end(): void {
    this.#end(this.#hasReplied ? okTrailers : okWithoutMessages);
  }

  fail(code: FailureStatus, message: string): void {
    if (!this.#isOver) this.#end(failure(code, message, !this.#hasReplied));
  }

  onData(bytes: Buffer, start: number, end: number): void {
    let place = start;
    while (place < end && !this.#isOver) {
      const left = end - place;
      const length = left < prefixBytes ? undefined : bytes.readUInt32BE(place + 1);
      if (this.#partial === undefined && length !== undefined && length <= left - prefixBytes) {
        const messageEnd = place + prefixBytes + length;
        this.#onMessage(bytes, place, messageEnd);
        place = messageEnd;
      } else place = this.#onPart(bytes, place, end);
    }
  }

  onEnd(): void {
    if (this.#isOver) return;
    if (this.#partial === undefined) this.#listener?.onEnd();
    else this.#fail('INTERNAL', 'the stream ends in the middle of a message');
  }

  onGone(how: 'cancelled' | 'error'): void {
    const listener = this.#listener;
    this.#stop();
    listener?.onClosed(how);
  }

  /** @returns how far it read */
  #onPart(bytes: Buffer, start: number, end: number): number {
    this.#partial ??= new PartialMessage();
    const place = this.#partial.add(bytes, start, end);
    const { announcedBytes, whole, heldBytes } = this.#partial;
    const mayHold = this.#stream.hold(heldBytes - this.#heldBytes);
    if (mayHold) this.#heldBytes = heldBytes;
    if (announcedBytes !== undefined && announcedBytes > this.#maxMessageBytes) this.#failTooLarge();
    else if (whole !== undefined) {
      this.#dropPartial();
      this.#onMessage(whole, 0, whole.length);
    } else if (!mayHold) {
      this.#fail('RESOURCE_EXHAUSTED', 'too much of this connection is in messages that are not whole');
    }
    return place;
  }

  #dropPartial(): void {
    this.#partial = undefined;
    if (this.#heldBytes > 0) this.#stream.hold(-this.#heldBytes);
    this.#heldBytes = 0;
  }

  /** @param start where its prefix begins */
  #onMessage(bytes: Buffer, start: number, end: number): void {
    const message = bytes.subarray(start + prefixBytes, end);
    if (message.length > this.#maxMessageBytes) this.#failTooLarge();
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
        this.#failTooLarge();
        break;
      case 'broken':
        this.#fail('INTERNAL', result.why);
        break;
      default:
        result satisfies never;
    }
  }

  #failTooLarge(): void {
    this.#fail('RESOURCE_EXHAUSTED', `a message is larger than ${this.#maxMessageBytes} bytes`);
  }

  #onDeadline(): void {
    this.#fail('DEADLINE_EXCEEDED', 'the time that the client gave is over', 'cancelled');
  }

  /** Ends the call from here, not by the word of its listener. */
  #fail(status: StatusName, message: string, how: 'cancelled' | 'error' = 'error'): void {
    if (this.#isOver) return;
    const listener = this.#listener;
    this.#end(failure(status, message, !this.#hasReplied));
    listener?.onClosed(how);
  }

  #end(trailers: Uint8Array): void {
    if (this.#isOver) return;
    this.#stop();
    this.#stream.end(trailers);
  }

  #stop(): void {
    this.#isOver = true;
    this.#listener = undefined;
    this.#dropPartial();
    clearTimeout(this.#deadline);
  }
}
