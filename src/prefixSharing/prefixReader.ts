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
  readonly onSkipped: OnRecordSkipped;
}

/**
 * Merges the records under `prefix/` into the memory of this instance. Merging is idempotent and
 * commutative, so nothing of them is kept, and a snapshot takes effect while it is read.
 */
export class PrefixReader {
  readonly #options: PrefixReaderOptions;
  readonly #peers = new PeerProgress();
  readonly log = merging((key, value) => this.#readLog(key, value));
  readonly pods = merging((key, value) => this.#readPod(key, value));

  constructor(options: PrefixReaderOptions) {
    this.#options = options;
  }

  #readLog(key: string, value: Uint8Array): void {
    const { localId, startedUnixMs, prompts, schemes, onSkipped } = this.#options;
    try {
      const id = judgeId('the id in the key', key.slice(0, key.indexOf('/')));
      const record = decodePrefixLog(value);
      // An earlier process of the same id is another instance.
      if (id === localId && record.startedUnixMs === startedUnixMs) return;
      requireKnown(schemes, record.hashingScheme);
      for (const { address, computedTokens, entries } of record.pods) {
        const newTokens = this.#peers.advance(id, record.startedUnixMs, address, computedTokens);
        prompts.merge(address, entries, newTokens);
      }
    } catch (cause) {
      onSkipped('prefixLog', key, cause);
    }
  }

  #readPod(address: string, value: Uint8Array): void {
    const { prompts, schemes, onSkipped } = this.#options;
    try {
      judgeAddress('the address in the key', address);
      const { hashingScheme, entries } = decodePodPrefixes(value);
      requireKnown(schemes, hashingScheme);
      prompts.merge(address, entries, 0);
    } catch (cause) {
      onSkipped('podPrefixes', address, cause);
    }
  }
}

function requireKnown(schemes: readonly number[], scheme: number): void {
  if (!schemes.includes(scheme)) throw new Error(`hashing_scheme is ${scheme}, not ${schemes.join(', ')}`);
}

/** What is deleted is not forgotten: it ages by what the pods compute. */
function merging(read: (key: string, value: Uint8Array) => void): RecordListener {
  const snapshot: RecordSnapshot = {
    put: (key, value) => {
      read(key, value);
      return 0;
    },
    finish() {},
  };
  return { beginSnapshot: () => snapshot, onPut: read, onDelete() {} };
}
