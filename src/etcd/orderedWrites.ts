import type { Namespace } from 'etcd3';
import type { RecordChange } from './records.ts';

/** Others write these keys rarely or never. */
const mostAttempts = 3;
const absent = '0';

/**
 * Writes under a lease in the order of the calls, whatever arrives late: a write that timed out may
 * reach etcd after newer ones, from a member that was frozen or cut off. Each write names the
 * revision that it replaces (`mod_revision`, etcd's Txn), so that a late one changes nothing.
 */
export class OrderedWrites {
  readonly #keys: Namespace;
  readonly #leaseId: string;
  /** The revision of the last known write of each key; none: the key is absent. */
  readonly #revisions = new Map<string, string>();

  constructor(keys: Namespace, leaseId: string) {
    this.#keys = keys;
    this.#leaseId = leaseId;
  }

  /**
   * Makes all these changes in one transaction: one revision, one write to etcd's log. The last put
   * among them carries the order, so sets of changes that depend on their order share its key.
   *
   * @throws etcd3's error when etcd does not answer in time; Error when the key changes too often
   */
  async write(changes: readonly RecordChange[]): Promise<void> {
    const key = changes.findLast((change) => change.kind === 'put')?.key;
    if (key === undefined) throw new Error('none of the changes is a put, which carries their order');
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const { succeeded, header, responses } = await this.#keys
        .if(key, 'Mod', '==', this.#revisions.get(key) ?? absent)
        .then(...changes.map((change) => this.#operation(change)))
        .else(this.#keys.get(key))
        .commit();
      const [found] = succeeded ? [] : (responses[0]?.response_range.kvs ?? []);
      this.#revisions.set(key, succeeded ? header.revision : (found?.mod_revision ?? absent));
      if (succeeded) return;
    }
    throw new Error(`another process writes ${key} all the time`);
  }

  #operation(change: RecordChange) {
    switch (change.kind) {
      case 'put':
        return this.#keys.put(change.key).value(Buffer.from(change.value)).lease(this.#leaseId);
      case 'delete':
        return this.#keys.delete().key(change.key);
      case 'delete all':
        return this.#keys.delete().prefix(change.prefix);
      default:
        return change satisfies never;
    }
  }
}
