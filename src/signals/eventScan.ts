/** An event of a stream that reports an error, as inference servers write it. */
const errorEvent = /(?:^|\n)(?:data: ?\{"error": ?(?!null)|event: ?error)/;
/** In such an event: the request was wrong. */
const clientMistake = /"code": ?"?4(?:00|13|22)\b|"type": ?"(?:BadRequestError|invalid_request_error)"/;
/** As much of an event as is searched for it. */
const longestEvent = 4_096;
/** No needle is longer. */
const overlap = 24;

/** Finds error events in the parts of a streamed response, also across two parts. */
export class EventScan {
  #tail = '\n';

  /** @returns whose error this part reports, with the end of the last one; undefined: none */
  errorIn(part: Buffer): 'pod' | 'client' | undefined {
    const text = this.#tail + part.toString('latin1');
    this.#tail = text.slice(-overlap);
    const found = errorEvent.exec(text);
    if (found === null) return undefined;
    const [event] = text.slice(found.index + 1, found.index + longestEvent).split('\n\n', 1);
    return clientMistake.test(event ?? '') ? 'client' : 'pod';
  }
}
