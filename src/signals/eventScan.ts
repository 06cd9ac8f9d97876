/** An event of a stream that reports an error, as inference servers write it. */
const errorEvent = /(?:^|\n)(?:data: ?\{"error": ?(?!null)|event: ?error)/;
/** No needle is longer. */
const overlap = 24;

/** Finds error events in the parts of a streamed response, also across two parts. */
export class EventScan {
  #tail = '\n';

  /** @returns whether this part, with the end of the last one, contains an error event */
  hasError(part: Buffer): boolean {
    const text = this.#tail + part.toString('latin1');
    this.#tail = text.slice(-overlap);
    return errorEvent.test(text);
  }
}
