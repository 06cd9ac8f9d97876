import { stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { readBoundedFile } from './boundedFile.ts';
import { type Clock, systemClock } from './clock.ts';

/**
 * The content of one file, or of several that belong together, kept up to date while the process
 * runs. A broken edit keeps the last good content. The files are polled, because inotify misses
 * changes on network file systems and the symlink swap of a Kubernetes volume.
 */
export interface WatchedFileOptions<Files extends object, Content> {
  /** Path by name; the names are those of `parse`. */
  readonly files: Files;
  /** @throws Error when the files cannot be used; the message is the reason */
  readonly parse: (files: FileContents<Files>) => Content | Promise<Content>;
  /**
   * Called with the first content before `start` resolves, then with each changed or recovered one.
   */
  readonly onContent: (content: Content, change: ContentChange) => void | Promise<void>;
  /** Called once for each reason why a later edit cannot be used. */
  readonly onProblem: (error: Error) => void;
  readonly pollMs: number;
  readonly clock?: Clock;
}

/** `recovered`: the files could not be used in between; the content may be the same as before. */
export type ContentChange = 'first' | 'changed' | 'recovered';

export type FileContent =
  | { readonly kind: 'text'; readonly path: string; readonly text: string }
  | { readonly kind: 'unreadable'; readonly path: string; readonly error: Error };

export type FileContents<Files extends object> = { readonly [Name in keyof Files]: FileContent };

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'good'; readonly texts: readonly string[] }
  | { readonly kind: 'broken'; readonly reason: string }
  | { readonly kind: 'stopped' };

export class WatchedFile<Files extends object, Content> {
  readonly #options: WatchedFileOptions<Files, Content>;
  readonly #paths: readonly (readonly [name: string, path: string])[];
  readonly #clock: Clock;
  #state: State = { kind: 'idle' };
  /** The result of `stat` at the last poll; undefined when one of the files is missing. */
  #lastVersion: string | undefined;
  /** The version that needs no further reading. */
  #settledVersion: string | undefined;
  #cancelPoll: () => void = () => {};
  #polling: Promise<void> = Promise.resolve();

  constructor(options: WatchedFileOptions<Files, Content>) {
    this.#options = options;
    this.#paths = Object.entries(options.files).flatMap(([name, path]: [string, unknown]) =>
      typeof path === 'string' ? [[name, path] as const] : [],
    );
    this.#clock = options.clock ?? systemClock;
  }

  /** @throws the error of `parse` when there is no good content to begin with */
  async start(): Promise<void> {
    await this.#readIfChanged();
    this.#schedulePoll();
  }

  /** Resolves when no callback is running; none is called afterwards. */
  async stop(): Promise<void> {
    this.#state = { kind: 'stopped' };
    this.#cancelPoll();
    await this.#polling;
  }

  #schedulePoll(): void {
    if (this.#state.kind === 'stopped') return;
    this.#cancelPoll = this.#clock.after(this.#options.pollMs, () => {
      this.#polling = this.#poll();
    });
  }

  async #poll(): Promise<void> {
    try {
      await this.#readIfChanged();
    } catch (error) {
      this.#keepLastGood(error as Error);
    }
    this.#schedulePoll();
  }

  async #readIfChanged(): Promise<void> {
    const version = await this.#currentVersion();
    if (version !== undefined && version === this.#settledVersion) return;
    // A version is read at two polls: within the resolution of a time stamp the text may change
    // after the first reading and keep its version.
    this.#settledVersion = version === this.#lastVersion ? version : undefined;
    this.#lastVersion = version;
    const contents = await Promise.all(this.#paths.map(readContent));
    const texts = contents.flatMap((content) => (content.kind === 'text' ? [content.text] : []));
    // What cannot be read now may be readable at the next poll, with the same version.
    if (texts.length < contents.length) this.#lastVersion = undefined;
    const before = this.#state;
    // Touched, or written again with the same text.
    if (before.kind === 'stopped' || (before.kind === 'good' && isDeepStrictEqual(before.texts, texts)))
      return;
    const byName = Object.fromEntries(contents.map((content, index) => [this.#paths[index]?.[0], content]));
    const content = await this.#options.parse(byName as FileContents<Files>);
    if (this.#isStopped()) return;
    this.#state = { kind: 'good', texts };
    await this.#options.onContent(content, changeAfter(before));
  }

  /** A function, because the compiler takes the state for unchanged by what was awaited. */
  #isStopped(): boolean {
    return this.#state.kind === 'stopped';
  }

  /** Follows symlinks, so that the swap of one is a change. */
  async #currentVersion(): Promise<string | undefined> {
    try {
      const versions = await Promise.all(
        this.#paths.map(async ([, path]) => {
          const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
          return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
        }),
      );
      return versions.join('; ');
    } catch {
      // Reading the file finds the reason.
      return undefined;
    }
  }

  #keepLastGood(error: Error): void {
    const state = this.#state;
    if (state.kind === 'stopped' || (state.kind === 'broken' && state.reason === error.message)) return;
    this.#state = { kind: 'broken', reason: error.message };
    this.#options.onProblem(error);
  }
}

function changeAfter(state: State): ContentChange {
  switch (state.kind) {
    case 'good':
      return 'changed';
    case 'broken':
      return 'recovered';
    case 'idle':
    case 'stopped':
      return 'first';
    default:
      return state satisfies never;
  }
}

async function readContent([, path]: readonly [string, string]): Promise<FileContent> {
  try {
    return { kind: 'text', path, text: (await readBoundedFile(path)).toString() };
  } catch (error) {
    return { kind: 'unreadable', path, error: error as Error };
  }
}
