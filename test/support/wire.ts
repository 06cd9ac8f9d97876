import { Duplex } from 'node:stream';
import { type Frame, readFrames } from './rawHttp2.ts';

/** A socket in memory, whose other side takes everything and never closes its end. */
export class Wire extends Duplex {
  readonly written: Buffer[] = [];

  receive(...chunks: Buffer[]): void {
    this.emit('data', Buffer.concat(chunks));
  }

  /** @throws Error when what was written is not whole frames */
  frames(): Frame[] {
    const { frames, rest } = readFrames(Buffer.concat(this.written));
    if (rest.length > 0) throw new Error('the last frame is not whole');
    return frames;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(Buffer.from(chunk));
    done();
  }
}
