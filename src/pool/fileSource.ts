import { readFile, stat } from 'node:fs/promises';
import type { Endpoint } from '../scheduling/endpoint.ts';
import { EndpointProblemsError, problemsInWords } from './endpointProblems.ts';
import { HostResolver, type HostResolverOptions } from './hostResolver.ts';
import type { EndpointSource } from './pool.ts';
import { readEndpointList } from './readEndpointList.ts';

/**
 * The endpoints listed in a YAML file, read again when it changes. The file is looked at on an interval and
 * not through inotify: that sees an edit in place, a rename over it and Kubernetes' symlink swap alike, on
 * network file systems too. A broken edit keeps the last good list and says why, once for each reason.
 */
export interface FileSourceOptions extends HostResolverOptions {
  /** How often the file's identity and times are compared (1000). */
  readonly pollMs?: number;
}

/** The file is missing or cannot be read. */
export class EndpointsFileError extends Error {
  override readonly name = 'EndpointsFileError';
}

const startVersion = 'not read yet';
const missing = 'missing';

export class FileSource implements EndpointSource {
  readonly name: string;
  readonly #path: string;
  readonly #options: FileSourceOptions;
  #resolver: HostResolver | undefined;
  /** What `stat` said of the text that was read last, good or broken. */
  #version = startVersion;
  /** The text that is in use. */
  #text: string | undefined;
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(path: string, options: FileSourceOptions) {
    this.#path = path;
    this.#options = options;
    this.name = `file ${path}`;
  }

  /** @throws EndpointsFileError when there is no file to read, EndpointProblemsError when it is broken. */
  async start(tell: (endpoints: readonly Endpoint[]) => void): Promise<void> {
    this.#resolver = new HostResolver(this.name, this.#options, tell);
    try {
      await this.#readIfChanged();
    } catch (error) {
      this.#resolver.stop();
      throw error;
    }
    this.#pollLater();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#resolver?.stop();
    await this.#reading;
  }

  #pollLater(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#reading = this.#poll();
    }, this.#options.pollMs ?? 1000);
  }

  async #poll(): Promise<void> {
    try {
      await this.#readIfChanged();
    } catch (error) {
      this.#keepLastGood(error);
    }
    this.#pollLater();
  }

  async #readIfChanged(): Promise<void> {
    const version = await this.#currentVersion();
    if (version === this.#version) return;
    // Set before the reading: text that changes meanwhile has a later version and is read again.
    this.#version = version;
    const text = await this.#read();
    const mended = this.#problem !== undefined;
    // Touched, or written again as it was: some file systems change the times after they show the new text.
    if (text === this.#text && !mended) return;
    const { endpoints, problems } = readEndpointList(text);
    if (problems.length > 0) throw new EndpointProblemsError(this.name, problems);
    this.#text = text;
    this.#problem = undefined;
    if (this.#stopped) return;
    await this.#resolver?.use(endpoints);
    const { log } = this.#options.report;
    log.info(
      { file: this.#path, entries: endpoints.length },
      mended ? 'endpoints file is good again' : 'endpoints file read',
    );
  }

  /** Follows symlinks, so that swapping one is a change. */
  async #currentVersion(): Promise<string> {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(this.#path, { bigint: true });
      return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
    } catch (error) {
      this.#version = missing;
      throw unreadable(this.name, error);
    }
  }

  async #read(): Promise<string> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (error) {
      // Between stat and read the file may vanish or be closed to us: the next poll must look again.
      this.#version = missing;
      throw unreadable(this.name, error);
    }
  }

  #keepLastGood(error: unknown): void {
    const reason =
      error instanceof EndpointProblemsError ? problemsInWords(error.problems) : (error as Error).message;
    if (reason === this.#problem || this.#stopped) return;
    this.#problem = reason;
    const { report } = this.#options;
    report.count('broken-file', this.name);
    report.log.warn(
      { file: this.#path, reason },
      'endpoints file cannot be used; the last good list is kept',
    );
  }
}

function unreadable(name: string, cause: unknown): EndpointsFileError {
  return new EndpointsFileError(`${name} cannot be read: ${(cause as Error).message}`, { cause });
}
