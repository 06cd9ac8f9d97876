import type { Output } from './output.ts';
import { type ErrorCode, flag, frameHeaderBytes, frameType } from './protocol.ts';

/** A dynamic table size update to 0, at the beginning of a header block. */
const emptyTable = 0x20;

/** Puts frames into a connection's output. Knows their form, not when they may be sent. */
export class FrameWriter {
  readonly #output: Output;
  /** Whether a header block has said that the table it may refer to is empty. */
  #tableUpdate: 'unneeded' | 'owed' | 'said' = 'unneeded';

  constructor(output: Output) {
    this.#output = output;
  }

  /** A DATA frame of two pieces, so that what stands before a message needs no copy of it. */
  data(streamId: number, first: Uint8Array, second: Uint8Array): void {
    const place = this.#frame(frameType.data, 0, streamId, first.length + second.length);
    const { buffer } = this.#output;
    buffer.set(first, place);
    buffer.set(second, place + first.length);
  }

  /** A whole header block; ours always fit into one frame. */
  headers(streamId: number, block: Uint8Array, endStream: boolean): void {
    const flags = flag.endHeaders | (endStream ? flag.endStream : 0);
    const isOwed = this.#tableUpdate === 'owed';
    const place = this.#frame(frameType.headers, flags, streamId, block.length + (isOwed ? 1 : 0));
    if (isOwed) {
      this.#output.buffer[place] = emptyTable;
      this.#tableUpdate = 'said';
    }
    this.#output.buffer.set(block, isOwed ? place + 1 : place);
  }

  /**
   * The peer's table for our header blocks has become smaller, and the next block has to say that this side knows,
   * although ours never refer to it (RFC 7541, section 4.2). It says 0, so that no later change matters.
   */
  oweTableUpdate(): void {
    if (this.#tableUpdate === 'unneeded') this.#tableUpdate = 'owed';
  }

  rstStream(streamId: number, code: ErrorCode): void {
    const place = this.#frame(frameType.rstStream, 0, streamId, 4);
    this.#output.buffer.writeUInt32BE(code, place);
  }

  settings(pairs: readonly (readonly [id: number, value: number])[]): void {
    let place = this.#frame(frameType.settings, 0, 0, pairs.length * 6);
    const { buffer } = this.#output;
    for (const [id, value] of pairs) {
      place = buffer.writeUInt16BE(id, place);
      place = buffer.writeUInt32BE(value, place);
    }
  }

  settingsAck(): void {
    this.#frame(frameType.settings, flag.ack, 0, 0);
  }

  ping(payload: Uint8Array, isAck: boolean): void {
    const place = this.#frame(frameType.ping, isAck ? flag.ack : 0, 0, 8);
    this.#output.buffer.set(payload, place);
  }

  goaway(lastStreamId: number, code: ErrorCode, debug: string): void {
    const text = Buffer.from(debug);
    const place = this.#frame(frameType.goaway, 0, 0, 8 + text.length);
    const { buffer } = this.#output;
    buffer.writeUInt32BE(lastStreamId, place);
    buffer.writeUInt32BE(code, place + 4);
    buffer.set(text, place + 8);
  }

  windowUpdate(streamId: number, bytes: number): void {
    const place = this.#frame(frameType.windowUpdate, 0, streamId, 4);
    this.#output.buffer.writeUInt32BE(bytes, place);
  }

  /** @returns where the payload goes in the output's buffer */
  #frame(type: number, flags: number, streamId: number, payloadBytes: number): number {
    const place = this.#output.take(frameHeaderBytes + payloadBytes);
    const { buffer } = this.#output;
    buffer.writeUIntBE(payloadBytes, place, 3);
    buffer[place + 3] = type;
    buffer[place + 4] = flags;
    buffer.writeUInt32BE(streamId, place + 5);
    return place + frameHeaderBytes;
  }
}
