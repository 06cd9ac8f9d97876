import type { Clock } from '../clock.ts';
import type { LastingRecord } from '../etcd/lastingLease.ts';
import { Publisher } from '../ledger/publisher.ts';
import { PlacementLog } from '../prefix/placementLog.ts';
import { encodePrefixLog } from '../proto/records/prefixRecords.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import type { PromptCuts } from '../request/promptCuts.ts';
import type { PlacedPrompts } from '../scheduling/placedPrompts.ts';
import type { Log } from '../telemetry/log.ts';
import type { SharingMetrics } from './metrics.ts';
import { logIntervalMs, mostLogBytes, type SharingBudget } from './sharingBudget.ts';

export interface LogWriterOptions {
  readonly localId: string;
  readonly startedUnixMs: number;
  readonly prompts: Pick<PlacedPrompts, 'prefixesOf'>;
  readonly instances: () => ReadonlyMap<string, unknown>;
  readonly budget: () => SharingBudget;
  readonly scheme: () => number;
  readonly isJoined: () => boolean;
  readonly put: (records: readonly LastingRecord[]) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: SharingMetrics;
}

/** At four records a second they reach back further than the oldest snapshot of a pod. */
const ringSize = 128;
const retryMs = 1_000;
const bytesPerKey = 4;

/**
 * Writes what this instance placed: conflated, to a ring of records under `prefix/log/<id>/`. What
 * is over the budget is left out, prompts of fewer tokens first.
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #log = new PlacementLog();
  readonly #publisher: Publisher;
  #number = 0;
  #lastBytes = 0;
  #waitingSinceMs: number | undefined;
  #isFailing = false;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    const { budget, instances, clock } = options;
    this.#publisher = new Publisher({
      write: () => this.#write(),
      minIntervalMs: () => logIntervalMs(budget(), instances().size, this.#lastBytes),
      retryMs,
      onWritten: (outcome, cause) => this.#onWritten(outcome, cause),
      clock,
    });
  }

  /** In the path of a request. */
  add(address: string, prompt: PromptCuts, uncachedTokens: number): void {
    this.#log.add(address, prompt, uncachedTokens);
    this.#waitingSinceMs ??= this.#options.clock.nowMs();
    this.#publisher.changed();
  }

  waiting(): { readonly waitingKeys: number; readonly waitingMs: number } {
    const { clock } = this.#options;
    const waitingMs = this.#waitingSinceMs === undefined ? 0 : clock.nowMs() - this.#waitingSinceMs;
    return { waitingKeys: this.#log.size, waitingMs };
  }

  onJoined(): void {
    if (!this.#log.isEmpty) this.#publisher.changed();
  }

  /** Writes what waits, then no more. */
  async stop(): Promise<void> {
    await this.#publisher.stop();
    // What has no place in one record stays untold.
    await this.#write().catch((cause) => this.#onWritten('failed', cause));
  }

  #onWritten(outcome: 'ok' | 'failed', cause: unknown): void {
    const { metrics, log } = this.#options;
    const wasFailing = this.#isFailing;
    this.#isFailing = outcome === 'failed';
    if (!this.#isFailing) return;
    metrics.prefixWriteFailures.add();
    if (!wasFailing) log.warn({ event: 'prefix.write-failed', cause }, 'placed prompts cannot be shared');
  }

  async #write(): Promise<void> {
    const { budget, instances, isJoined, put, metrics, localId } = this.#options;
    if (this.#log.isEmpty || !isJoined()) return;
    const mostKeys = mostLogBytes(budget(), instances().size) / bytesPerKey;
    const before = this.#log.size;
    if (before > mostKeys) this.#log.dropShort();
    metrics.prefixKeysLeftOut.increase(before - this.#log.size);
    const taken = this.#log.take(mostKeys);
    const value = this.#encode(taken);
    const waitedSinceMs = this.#waitingSinceMs;
    this.#waitingSinceMs = this.#log.isEmpty ? undefined : waitedSinceMs;
    try {
      await put([{ key: `${recordKeys.prefixLog}${localId}/${this.#number}`, value }]);
    } catch (cause) {
      this.#log.putBack(taken);
      this.#waitingSinceMs = waitedSinceMs;
      throw cause;
    }
    this.#number = (this.#number + 1) % ringSize;
    this.#lastBytes = value.length;
    metrics.prefixWrittenBytes.increase(value.length, 'log');
    if (!this.#log.isEmpty) this.#publisher.changed();
  }

  #encode(taken: ReturnType<PlacementLog['take']>): Uint8Array {
    const { prompts, scheme, startedUnixMs } = this.#options;
    const pods = taken.flatMap(({ address, computedTokens, long, short }) => {
      const prefixes = prompts.prefixesOf(address);
      // The pod is gone since.
      if (prefixes === undefined) return [];
      return [{ address, computedTokens, entries: prefixes.entriesOf(new Set([...long, ...short])) }];
    });
    return encodePrefixLog({ hashingScheme: scheme(), startedUnixMs, pods });
  }
}
