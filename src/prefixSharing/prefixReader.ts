import type { RecordListener, RecordSnapshot } from '../etcd/records.ts';
import { PeerProgress } from '../prefix/peerProgress.ts';
import { judgeAddress, judgeId } from '../proto/records/fields.ts';
import { decodePodPrefixes, decodePrefixLog } from '../proto/records/prefixRecords.ts';
import type { OnRecordSkipped } from '../proto/records/recordKeys.ts';
import type { PlacedPrompts } from '../scheduling/placedPrompts.ts';

export interface PrefixReaderOptions {
  readonly localId: string;
  readonly startedUnixMs: number;
  readonly prompts: Pick<PlacedPrompts, 'merge'>;
  /** Records that are hashed otherwise are of no use. */
  readonly schemes: readonly number[];
  /** What is said of other pods is not taken: there may be any number of them. */
  readonly isOfUse: (address: string) => boolean;
  /** A record of a scheme of these is used. */
  readonly onScheme: (scheme: number) => void;
  readonly onSkipped: OnRecordSkipped;
}

/**
 * Merges the records under `prefix/` into the memory of this instance. Merging is idempotent and
 * commutative, so nothing of them is kept, and a snapshot takes effect while it is read.
 */
export class PrefixReader {
  readonly #options: PrefixReaderOptions;
  readonly #peers = new PeerProgress();
  readonly log: RecordListener = {
    beginSnapshot: () => this.#beginLogs(),
    onPut: (key, value) => this.#readLog(key, value),
    // The records of an instance have one lease, so the others are gone as well.
    onDelete: (key) => this.#peers.forget(writerOf(key)),
  };
  readonly pods: RecordListener = {
    beginSnapshot: () => merging((key, value) => this.#readPod(key, value)),
    onPut: (key, value) => this.#readPod(key, value),
    // What is deleted is not forgotten: it ages by what the pods compute.
    onDelete() {},
  };

  constructor(options: PrefixReaderOptions) {
    this.#options = options;
  }

  #beginLogs(): RecordSnapshot {
    const writers = new Set<string>();
    const read = (key: string, value: Uint8Array): void => {
      writers.add(writerOf(key));
      this.#readLog(key, value);
    };
    return merging(read, () => this.#peers.keep(writers));
  }

  #readLog(key: string, value: Uint8Array): void {
    const { localId, startedUnixMs, prompts, schemes, isOfUse, onScheme, onSkipped } = this.#options;
    try {
      const id = judgeId('the id in the key', writerOf(key));
      const record = decodePrefixLog(value);
      // An earlier process of the same id is another instance.
      if (id === localId && record.startedUnixMs === startedUnixMs) return;
      requireKnown(schemes, record.hashingScheme);
      onScheme(record.hashingScheme);
      for (const { address, computedTokens, entries } of record.pods) {
        const newTokens = this.#peers.advance(id, record.startedUnixMs, address, computedTokens);
        if (isOfUse(address)) prompts.merge(address, entries, newTokens);
      }
    } catch (cause) {
      onSkipped('prefixLog', key, cause);
    }
  }

  #readPod(address: string, value: Uint8Array): void {
    const { prompts, schemes, isOfUse, onScheme, onSkipped } = this.#options;
    try {
      judgeAddress('the address in the key', address);
      if (!isOfUse(address)) return;
      const { hashingScheme, entries } = decodePodPrefixes(value);
      requireKnown(schemes, hashingScheme);
      onScheme(hashingScheme);
      prompts.merge(address, entries, 0);
    } catch (cause) {
      onSkipped('podPrefixes', address, cause);
    }
  }
}

function requireKnown(schemes: readonly number[], scheme: number): void {
  if (!schemes.includes(scheme)) throw new Error(`hashing_scheme is ${scheme}, not ${schemes.join(', ')}`);
}

/** The instance, of a key of the log. */
function writerOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

function merging(
  read: (key: string, value: Uint8Array) => void,
  finish: () => void = () => {},
): RecordSnapshot {
  return {
    put: (key, value) => {
      read(key, value);
      return 0;
    },
    finish,
  };
}
