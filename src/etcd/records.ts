/** Receives the records under one prefix of the store. Keys are relative to that prefix. */
export interface RecordListener {
  /**
   * All records under the prefix as of one revision; replaces everything known before. A listener
   * that may have thousands of them returns its work as steps, between which the event loop runs,
   * and replaces what it knew at the end of the last one. No other method is called meanwhile.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most listeners return nothing.
  onSnapshot(records: ReadonlyMap<string, Uint8Array>): void | Iterable<unknown>;
  onPut(key: string, value: Uint8Array): void;
  onDelete(key: string): void;
}

/** What a part of the process listens to. It is handed to the session when that starts. */
export interface RecordSubscription {
  readonly prefix: string;
  readonly listener: RecordListener;
}

/** A record of this process that lives under its lease. The session writes it at each join. */
export interface LeasedRecord {
  readonly key: string;
  /** Called at each write. */
  readonly encode: () => Uint8Array;
}

/** A change of this process's records. */
export type RecordChange =
  | { readonly kind: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: string }
  /** Deletes every record whose key begins with `prefix`. The same step must put none of them. */
  | { readonly kind: 'delete all'; readonly prefix: string };
