import type { Level } from '../../admin/verdict/problem.ts';
import type { TopLine } from './topLines.ts';

const csi = '\u001b[';
/** The alternate screen keeps what was on the terminal before. */
const enter = `${csi}?1049h${csi}?25l`;
const leave = `${csi}?25h${csi}?1049l`;
const colours: Readonly<Record<Level, string>> = { good: '32', notice: '36', warning: '33', bad: '31;1' };

/** A terminal that is drawn on and gives keys. It is as it was before, however the process ends. */
export class TopScreen {
  readonly #input: NodeJS.ReadStream;
  readonly #output: NodeJS.WriteStream;
  #isOpen = false;

  constructor(input: NodeJS.ReadStream, output: NodeJS.WriteStream) {
    this.#input = input;
    this.#output = output;
  }

  get rows(): number {
    // 0 where a terminal does not know its size.
    return this.#output.rows || 24;
  }

  /** @param onInput gets what key presses send */
  open(onInput: (input: string) => void, onResize: () => void): void {
    this.#isOpen = true;
    process.once('exit', this.#close);
    this.#output.write(enter);
    this.#input.setRawMode(true);
    this.#input.setEncoding('utf8');
    this.#input.on('data', onInput);
    this.#output.on('resize', onResize);
  }

  /** Only whole lines, clipped: nothing wraps or scrolls. */
  draw(lines: readonly TopLine[]): void {
    if (!this.#isOpen) return;
    const columns = this.#output.columns || 80;
    const drawn = lines.slice(0, this.rows).map((line) => `${csi}2K${coloured(line, columns)}`);
    this.#output.write(`${csi}H${drawn.join('\r\n')}${csi}J`);
  }

  close(): void {
    this.#close();
    process.off('exit', this.#close);
  }

  readonly #close = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#input.setRawMode(false);
    this.#input.pause();
    this.#output.write(leave);
  };
}

function coloured({ text, level, isHead }: TopLine, columns: number): string {
  const clipped = text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
  const colour = level !== undefined ? colours[level] : isHead ? '2' : undefined;
  return colour === undefined ? clipped : `${csi}${colour}m${clipped}${csi}0m`;
}
