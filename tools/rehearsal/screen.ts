import type { WriteStream } from 'node:tty';

/** Draws lines over the previous ones on a terminal. Printed lines stay. */
export class Screen {
  readonly #out: WriteStream;
  #drawnLines = 0;

  constructor(out: WriteStream) {
    this.#out = out;
  }

  get columns(): number {
    return this.#out.columns ?? 100;
  }

  draw(lines: readonly string[]): void {
    this.#out.write(`${this.#erase()}${hideCursor}${lines.join('\n')}\n`);
    this.#drawnLines = lines.length;
  }

  print(lines: readonly string[]): void {
    this.#out.write(`${lines.join('\n')}\n`);
    this.#drawnLines = 0;
  }

  /** Shows the cursor again. */
  close(): void {
    if (this.#out.isTTY) this.#out.write(showCursor);
  }

  #erase(): string {
    return this.#drawnLines === 0 ? '' : `\u001b[${this.#drawnLines}F\u001b[0J`;
  }
}

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
