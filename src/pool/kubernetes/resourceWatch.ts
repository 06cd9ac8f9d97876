import { type Clock, delay, systemClock } from '../../clock.ts';
import type { KubernetesAccess } from './apiConnection.ts';
import {
  type ApiQuery,
  ApiStatusError,
  openRequest,
  readEvents,
  readJson,
  UnreadableAnswer,
} from './apiRequest.ts';
import { fieldAt, keyOf } from './objects.ts';

/**
 * Follows the objects of one kind: lists them in pages, then watches from the version of the list,
 * with bookmarks. A watch that ends goes on from the last version seen; a version that the server
 * has compacted away (410) is followed by a new list. While the server does not answer, or answers
 * something else, the last objects stay.
 */
export interface ResourceWatchOptions<Facts> {
  readonly access: KubernetesAccess;
  /** Such as `/api/v1/namespaces/models/pods`. */
  readonly path: string;
  readonly selection: ApiQuery;
  /** Only the metadata of the objects is asked for. */
  readonly isMetadataOnly?: boolean;
  /** What is kept of an object; undefined: nothing, as if there were none. */
  readonly read: (object: unknown) => Facts | undefined;
  /** Called with the first list, and when what is kept of an object changes. */
  readonly onChange: (objects: ReadonlyMap<string, Facts>) => void;
  /** The server cannot be followed; called for each attempt. */
  readonly onProblem: (error: Error) => void;
  /** The server is followed; called for each new watch. */
  readonly onFollowing: () => void;
  /** Of the first pause after a failure; it doubles up to `longestPauseMs`. Default 500. */
  readonly pauseMs?: number;
  /** Within [0, 1). */
  readonly random?: () => number;
  readonly clock?: Clock;
}

/** Objects of a page: a megabyte, which is parsed in some milliseconds. */
const pageSize = '100';
const longestPauseMs = 30_000;
/** A watch that lived for less is one that the server does not want. */
const steadyMs = 5_000;
/** Bookmarks come about every minute: a connection that is silent for longer may be dead. */
const watchSilenceMs = 100_000;
const listSilenceMs = 30_000;
/** After so many failures in a row the objects are listed again, whatever the reason. */
const failuresBeforeList = 5;
const gone = 410;

export class ResourceWatch<Facts> {
  readonly #options: ResourceWatchOptions<Facts>;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #objects = new Map<string, Facts>();
  /** Undefined: to be listed. */
  #version: string | undefined;
  #failures = 0;
  #run: Promise<void> | undefined;

  constructor(options: ResourceWatchOptions<Facts>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  start(): this {
    this.#run ??= this.#follow(this.#stopping.signal);
    return this;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#run;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const beganMs = this.#clock.nowMs();
      try {
        if (this.#version === undefined) await this.#list(signal);
        await this.#watch(signal);
        this.#failures = this.#clock.nowMs() - beganMs < steadyMs ? this.#failures + 1 : 0;
      } catch (error) {
        if (signal.aborted) return;
        this.#onFailure(error as Error);
      }
      await delay(this.#clock, this.#pauseMs(), signal);
    }
  }

  #onFailure(error: Error): void {
    this.#failures += 1;
    const isGone = error instanceof ApiStatusError && error.status === gone;
    const isDoubtful = error instanceof UnreadableAnswer || this.#failures % failuresBeforeList === 0;
    if (isGone || isDoubtful) this.#version = undefined;
    if (!isGone) this.#options.onProblem(error);
  }

  /** Jittered, so that instances do not come back together. */
  #pauseMs(): number {
    if (this.#failures === 0) return 0;
    const { pauseMs = 500, random = Math.random } = this.#options;
    const longest = Math.min(longestPauseMs, pauseMs * 2 ** Math.min(this.#failures - 1, 10));
    return longest * (0.5 + random() / 2);
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { access, path, read, selection } = this.#options;
    const objects = new Map<string, Facts>();
    let version: unknown;
    let next = '';
    do {
      const query = { ...selection, limit: pageSize, ...(next !== '' && { continue: next }) };
      const page = await readJson(
        await openRequest(access, path, query, { ...this.#form('List'), signal, silenceMs: listSilenceMs }),
      );
      const items = fieldAt(page, 'items');
      version = fieldAt(page, 'metadata', 'resourceVersion');
      if (!Array.isArray(items) || typeof version !== 'string' || version === '')
        throw new UnreadableAnswer('the API server answered with something that is no list');
      for (const item of items) {
        const key = keyOf(item);
        const facts = read(item);
        if (key !== undefined && facts !== undefined) objects.set(key, facts);
      }
      next = String(fieldAt(page, 'metadata', 'continue') ?? '');
    } while (next !== '');
    if (signal.aborted) return;
    this.#objects = objects;
    this.#version = version;
    this.#options.onChange(objects);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { access, onFollowing, path, random = Math.random, selection } = this.#options;
    const query = {
      ...selection,
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: this.#version ?? '',
      // The server ends the watch then; jittered, so that instances do not come back together.
      timeoutSeconds: String(Math.round(300 + 300 * random())),
    };
    const silenceMs = watchSilenceMs;
    const response = await openRequest(access, path, query, { ...this.#form(''), signal, silenceMs });
    onFollowing();
    try {
      for await (const event of readEvents(response)) {
        if (signal.aborted) return;
        this.#apply(event);
        this.#failures = 0;
      }
    } catch (error) {
      if (error instanceof UnreadableAnswer || error instanceof ApiStatusError) throw error;
      // A watch that is cut is one that ended: the next one goes on from the same version.
    }
  }

  /** A node has some ten kilobytes, of which its metadata is a tenth. */
  #form(suffix: 'List' | ''): { readonly accept?: string } {
    if (!this.#options.isMetadataOnly) return {};
    const metadata = `application/json;as=PartialObjectMetadata${suffix};g=meta.k8s.io;v=v1`;
    return { accept: `${metadata},application/json` };
  }

  #apply(event: unknown): void {
    const object = fieldAt(event, 'object');
    const type = fieldAt(event, 'type');
    if (type === 'ERROR') {
      throw new ApiStatusError(
        Number(fieldAt(object, 'code') ?? 0),
        String(fieldAt(object, 'message') ?? ''),
      );
    }
    const version = fieldAt(object, 'metadata', 'resourceVersion');
    if (typeof type !== 'string' || typeof version !== 'string')
      throw new UnreadableAnswer('the API server sent something that is no event');
    const key = keyOf(object);
    if (type !== 'BOOKMARK' && key !== undefined) this.#set(key, type === 'DELETED' ? undefined : object);
    this.#version = version;
  }

  #set(key: string, object: unknown): void {
    const facts = object === undefined ? undefined : this.#options.read(object);
    if (facts === this.#objects.get(key)) return;
    if (facts === undefined) this.#objects.delete(key);
    else this.#objects.set(key, facts);
    this.#options.onChange(this.#objects);
  }
}
