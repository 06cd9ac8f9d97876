/** English text and code in the vocabularies of today's models; an estimate. */
const bytesPerToken = 4;
/** What an image is to a model, whatever the length of its file; an estimate. */
const tokensPerFile = 1000;
/** In front of the file in a `data:` URL, and the quote behind it. */
const fileStart = Buffer.from(';base64,');
const quote = 0x22;

/**
 * Estimates the tokens of a prompt whose bytes arrive in pieces. Images and other files within it
 * count by their number: a photo has more bytes than a cache has tokens.
 */
export class PromptTokens {
  #textBytes = 0;
  #files = 0;
  #isInFile = false;
  /** The last bytes of the text so far, in which a file may begin. */
  #tail = Buffer.alloc(0);

  /** Of the bytes so far. */
  get count(): number {
    return this.#textBytes / bytesPerToken + this.#files * tokensPerFile;
  }

  /** Are these next bytes nothing but text? They are not counted. */
  isText(bytes: Buffer, start: number, end: number): boolean {
    return !this.#isInFile && this.#findFile(bytes, start, end) === undefined;
  }

  /** So many of the bytes that are text: for parts of them, before `endText`. */
  addText(count: number): void {
    this.#textBytes += count;
  }

  /** All of these bytes were text. */
  endText(bytes: Buffer, start: number, end: number): void {
    // The bytes are valid only now.
    const kept = Buffer.concat([this.#tail, bytes.subarray(Math.max(start, end - fileStart.length), end)]);
    this.#tail = kept.subarray(-(fileStart.length - 1));
  }

  add(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) at = this.#isInFile ? this.#skipFile(bytes, at, end) : this.#readText(bytes, at, end);
  }

  #skipFile(bytes: Buffer, start: number, end: number): number {
    const length = bytes.subarray(start, end).indexOf(quote);
    if (length < 0) return end;
    this.#isInFile = false;
    return start + length;
  }

  /** @returns where a file begins, or the end */
  #readText(bytes: Buffer, start: number, end: number): number {
    const fileAt = this.#findFile(bytes, start, end);
    const textEnd = fileAt ?? end;
    this.#textBytes += textEnd - start;
    if (fileAt !== undefined) {
      this.#isInFile = true;
      this.#files += 1;
      this.#tail = Buffer.alloc(0);
      return fileAt;
    }
    this.endText(bytes, start, end);
    return end;
  }

  /** The place behind what announces a file, which may have begun in the piece before. */
  #findFile(bytes: Buffer, start: number, end: number): number | undefined {
    if (this.#tail.length > 0) {
      const seam = Buffer.concat([
        this.#tail,
        bytes.subarray(start, Math.min(end, start + fileStart.length - 1)),
      ]);
      const found = seam.indexOf(fileStart);
      if (found >= 0) return start + found + fileStart.length - this.#tail.length;
    }
    const found = bytes.subarray(start, end).indexOf(fileStart);
    return found < 0 ? undefined : start + found + fileStart.length;
  }
}
