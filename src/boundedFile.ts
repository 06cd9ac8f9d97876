import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * Reads the files that the configuration names: regular files of bounded size. A path may lead
 * elsewhere by mistake or by a link: `/dev/zero` would fill the memory, and a FIFO without a writer
 * would stop the process.
 */

/** A list of 10,000 endpoints with labels has 2 MiB; certificates and passwords are far smaller. */
export const maxFileBytes = 16 * 1024 * 1024;

/** The path names something that Baton does not read. */
export class UnusableFileError extends Error {
  override readonly name = 'UnusableFileError';
  /** Completes the sentence "cannot read PATH: ". */
  readonly reason: string;

  constructor(path: string, reason: string) {
    super(`cannot read ${path}: ${reason}`);
    this.reason = reason;
  }
}

/** Without O_NONBLOCK the open itself waits for the writer of a FIFO. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Larger than most files. The size in `Stats` is only a hint: files of /proc have 0. */
const firstBytes = 64 * 1024;

/**
 * @throws UnusableFileError when it is no regular file, or is larger than `maxFileBytes`
 * @throws NodeJS.ErrnoException when the system cannot read it
 */
export async function readBoundedFile(path: string): Promise<Buffer> {
  const file = await open(path, flags);
  try {
    const content = new Content(path, await file.stat());
    while (!content.isComplete) {
      const { bytesRead } = await file.read(content.room, 0, content.room.length);
      content.add(bytesRead);
    }
    return content.bytes;
  } finally {
    await file.close();
  }
}

/** The same in one turn of the event loop, for commands and for the start. @throws as above */
export function readBoundedFileSync(path: string): Buffer {
  const file = openSync(path, flags);
  try {
    const content = new Content(path, fstatSync(file));
    while (!content.isComplete) content.add(readSync(file, content.room));
    return content.bytes;
  } finally {
    closeSync(file);
  }
}

/** Where a file holds a secret. */
export function firstLineOf(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}

/** For a secret that may be renewed. undefined while the file is being replaced. */
export function readFirstLineSync(path: string): string | undefined {
  try {
    return firstLineOf(readBoundedFileSync(path).toString()) || undefined;
  } catch {
    return undefined;
  }
}

/** What a system error says in one word, or what is wrong with the file. */
export function reasonOfFileError(error: unknown): string {
  if (error instanceof UnusableFileError) return error.reason;
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

/** The bytes read so far, and the room for the next ones. */
class Content {
  readonly #path: string;
  #buffer: Buffer;
  #length = 0;
  #isComplete = false;

  constructor(path: string, stats: Stats) {
    if (!stats.isFile()) {
      throw new UnusableFileError(path, `it is ${kindOf(stats)}; expected a regular file`);
    }
    this.#path = path;
    this.#refuseBeyondMax(stats.size);
    this.#buffer = Buffer.alloc(Math.min(Math.max(stats.size, firstBytes), maxFileBytes) + 1);
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Never empty. */
  get room(): Buffer {
    if (this.#length === this.#buffer.length) {
      const larger = Buffer.alloc(Math.min(this.#buffer.length * 2, maxFileBytes + 1));
      this.#buffer.copy(larger);
      this.#buffer = larger;
    }
    return this.#buffer.subarray(this.#length);
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** @param count of bytes that were read into `room`; 0 at the end of the file */
  add(count: number): void {
    this.#length += count;
    this.#isComplete = count === 0;
    this.#refuseBeyondMax(this.#length);
  }

  #refuseBeyondMax(size: number): void {
    if (size <= maxFileBytes) return;
    throw new UnusableFileError(this.#path, `it has more than ${maxFileBytes / 1024 / 1024} MiB`);
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a pipe (FIFO)';
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return 'a device';
  return 'no file';
}
