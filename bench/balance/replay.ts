import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { type Answered, readAnswers } from './requests.ts';

/** The running load generator of the kit: an open loop that sends each request at its time. */
export class Replay {
  /** ms since 1970, by this machine's clock. */
  readonly beganUnixMs: number;
  readonly process: ChildProcess;
  readonly #outFile: string;

  private constructor(beganUnixMs: number, process: ChildProcess, outFile: string) {
    this.beganUnixMs = beganUnixMs;
    this.process = process;
    this.#outFile = outFile;
  }

  static async start(options: { kit: string; dir: string; url: string; trace: string }): Promise<Replay> {
    const { kit, dir, url, trace } = options;
    const traceFile = join(dir, 'trace.txt');
    const outFile = join(dir, 'answers.txt');
    await writeFile(traceFile, trace);
    const args = ['replay', new URL(url).host, traceFile, outFile];
    const process = await ChildProcess.start({ name: 'load', command: kit, args });
    return new Replay(Number(await process.waitForLine(/^\d+$/)), process, outFile);
  }

  /** Sends no more requests. */
  end(): void {
    this.process.signal('SIGTERM');
  }

  /** Waits until all requests are answered. */
  async answers(): Promise<Answered[]> {
    const { code } = await this.process.exited;
    if (code !== 0) throw new Error(`the load generator failed: ${this.process.output.text(20)}`);
    return readAnswers(await readFile(this.#outFile, 'utf8'));
  }
}
