/** Receives the records under one prefix of the store. Keys are relative to that prefix. */
export interface RecordListener {
  /** All records under the prefix as of one revision; replaces everything known before. */
  onSnapshot(records: ReadonlyMap<string, Uint8Array>): void;
  onPut(key: string, value: Uint8Array): void;
  onDelete(key: string): void;
}

/** A change of one's own records. */
export type RecordChange =
  | { readonly kind: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: string }
  /** Of all records whose keys begin so; none of those that the same step puts may. */
  | { readonly kind: 'delete all'; readonly prefix: string };
