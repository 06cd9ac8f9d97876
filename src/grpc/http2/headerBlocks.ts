import { growBuffer } from '../growBuffer.ts';
import type { AbuseBudgets } from './abuseBudgets.ts';
import { payloadOf } from './framePayload.ts';
import { ConnectionError, errorCode, flag } from './protocol.ts';

/** Receives whole header blocks. `bytes[start, end)` is valid only until the call returns. */
export interface HeaderBlockSink {
  onHeaderBlock(id: number, endStream: boolean, bytes: Buffer, start: number, end: number): void;
}

const initialBytes = 1024;

/**
 * Puts header blocks together from HEADERS and CONTINUATION frames (RFC 9113, section 4.3). A block
 * in one frame is passed on where it lies.
 */
export class HeaderBlocks {
  readonly #sink: HeaderBlockSink;
  readonly #budgets: AbuseBudgets;
  readonly #limitBytes: number;
  #partial: PartialBlock | undefined;
  /** How many blocks came in several frames. */
  #begun = 0;

  /** @param limitBytes a longer block is an attack (CONTINUATION flood, CVE-2024-27316) */
  constructor(sink: HeaderBlockSink, budgets: AbuseBudgets, limitBytes: number) {
    this.#sink = sink;
    this.#budgets = budgets;
    this.#limitBytes = limitBytes;
  }

  /** The memory that a partial block occupies. */
  get heldBytes(): number {
    return this.#partial?.bytes.length ?? 0;
  }

  /** The stream whose block is not complete. Only its CONTINUATION frames may follow. */
  get incompleteStreamId(): number | undefined {
    return this.#partial?.streamId;
  }

  /** Another one for each block. */
  get partialBlock(): number | undefined {
    return this.#partial && this.#begun;
  }

  onHeaders(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const payload = payloadOf(flags, flag.priority, bytes, start, end);
    const endStream = (flags & flag.endStream) !== 0;
    if (flags & flag.endHeaders) {
      this.#sink.onHeaderBlock(id, endStream, bytes, payload.start, payload.end);
    } else {
      this.#begun += 1;
      this.#partial = { streamId: id, endStream, bytes: Buffer.allocUnsafe(initialBytes), length: 0 };
      this.#append(this.#partial, bytes, payload.start, payload.end);
    }
  }

  onContinuation(flags: number, bytes: Buffer, start: number, end: number): void {
    const partial = this.#partial;
    if (partial === undefined) {
      throw new ConnectionError(errorCode.protocolError, 'CONTINUATION without HEADERS');
    }
    this.#append(partial, bytes, start, end);
    if (!(flags & flag.endHeaders)) return;
    this.#partial = undefined;
    this.#sink.onHeaderBlock(partial.streamId, partial.endStream, partial.bytes, 0, partial.length);
  }

  #append(partial: PartialBlock, bytes: Buffer, start: number, end: number): void {
    if (start === end) this.#budgets.emptyFrame();
    const needed = partial.length + end - start;
    if (needed > this.#limitBytes) {
      throw new ConnectionError(errorCode.enhanceYourCalm, 'the header block is too large');
    }
    if (needed > partial.bytes.length) partial.bytes = growBuffer(partial.bytes, partial.length, needed);
    bytes.copy(partial.bytes, partial.length, start, end);
    partial.length = needed;
  }
}

interface PartialBlock {
  readonly streamId: number;
  readonly endStream: boolean;
  bytes: Buffer;
  length: number;
}
