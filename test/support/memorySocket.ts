import { Duplex } from 'node:stream';
import { type Frame, readFrames } from '../../tools/testbed/rawHttp2.ts';

/** A socket in memory whose peer reads everything and never closes. */
export class MemorySocket extends Duplex {
  readonly written: Buffer[] = [];

  receive(...chunks: Buffer[]): void {
    this.emit('data', Buffer.concat(chunks));
  }

  /** @throws Error when the written bytes are not whole frames */
  frames(): Frame[] {
    const { frames, rest } = readFrames(Buffer.concat(this.written));
    if (rest.length > 0) throw new Error('the last frame is incomplete');
    return frames;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(Buffer.from(chunk));
    done();
  }
}
