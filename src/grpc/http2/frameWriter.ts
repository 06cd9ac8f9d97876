import type { Output } from './output.ts';
import { flag, frameHeaderBytes, frameType, type Http2ErrorCode } from './protocol.ts';

/** A dynamic table size update to 0, which stands at the beginning of a header block. */
const tableUpdateTo0 = 0x20;

/**
 * Encodes frames into a connection's output (RFC 9113, section 6). The caller decides when they may
 * be sent.
 */
export class FrameWriter {
  readonly #output: Output;
  /** DATA and HEADERS frames since the beginning. */
  contentFrames = 0;
  /** The table size update that the next header block must carry. */
  #tableUpdate: 'not-needed' | 'pending' | 'sent' = 'not-needed';

  constructor(output: Output) {
    this.#output = output;
  }

  /** A DATA frame of two pieces, so that the prefix of a message needs no copy of the message. */
  data(streamId: number, first: Uint8Array, second: Uint8Array): void {
    this.contentFrames += 1;
    const offset = this.#frame(frameType.data, 0, streamId, first.length + second.length);
    const { buffer } = this.#output;
    buffer.set(first, offset);
    buffer.set(second, offset + first.length);
  }

  /** A whole header block. Those of this server always fit into one frame. */
  headers(streamId: number, block: Uint8Array, endStream: boolean): void {
    this.contentFrames += 1;
    const flags = flag.endHeaders | (endStream ? flag.endStream : 0);
    const isPending = this.#tableUpdate === 'pending';
    const offset = this.#frame(frameType.headers, flags, streamId, block.length + (isPending ? 1 : 0));
    if (isPending) {
      this.#output.buffer[offset] = tableUpdateTo0;
      this.#tableUpdate = 'sent';
    }
    this.#output.buffer.set(block, isPending ? offset + 1 : offset);
  }

  /**
   * The peer has reduced its dynamic table, so the next header block must begin with a size update,
   * although blocks of this server never refer to the table (RFC 7541, section 4.2). The update is
   * to 0, which makes later changes irrelevant.
   */
  scheduleTableUpdate(): void {
    if (this.#tableUpdate === 'not-needed') this.#tableUpdate = 'pending';
  }

  rstStream(streamId: number, code: Http2ErrorCode): void {
    const offset = this.#frame(frameType.rstStream, 0, streamId, 4);
    this.#output.buffer.writeUInt32BE(code, offset);
  }

  settings(pairs: readonly (readonly [id: number, value: number])[]): void {
    let offset = this.#frame(frameType.settings, 0, 0, pairs.length * 6);
    const { buffer } = this.#output;
    for (const [id, value] of pairs) {
      offset = buffer.writeUInt16BE(id, offset);
      offset = buffer.writeUInt32BE(value, offset);
    }
  }

  settingsAck(): void {
    this.#frame(frameType.settings, flag.ack, 0, 0);
  }

  ping(payload: Uint8Array, isAck: boolean): void {
    const offset = this.#frame(frameType.ping, isAck ? flag.ack : 0, 0, 8);
    this.#output.buffer.set(payload, offset);
  }

  goaway(lastStreamId: number, code: Http2ErrorCode, debug: string): void {
    const text = Buffer.from(debug);
    const offset = this.#frame(frameType.goaway, 0, 0, 8 + text.length);
    const { buffer } = this.#output;
    buffer.writeUInt32BE(lastStreamId, offset);
    buffer.writeUInt32BE(code, offset + 4);
    buffer.set(text, offset + 8);
  }

  windowUpdate(streamId: number, bytes: number): void {
    const offset = this.#frame(frameType.windowUpdate, 0, streamId, 4);
    this.#output.buffer.writeUInt32BE(bytes, offset);
  }

  /** @returns the offset of the payload in the output's buffer */
  #frame(type: number, flags: number, streamId: number, payloadBytes: number): number {
    const offset = this.#output.reserve(frameHeaderBytes + payloadBytes);
    const { buffer } = this.#output;
    buffer.writeUIntBE(payloadBytes, offset, 3);
    buffer[offset + 3] = type;
    buffer[offset + 4] = flags;
    buffer.writeUInt32BE(streamId, offset + 5);
    return offset + frameHeaderBytes;
  }
}
