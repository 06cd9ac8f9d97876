/** Receives the records under one prefix of the store. Keys are relative to that prefix. */
export interface RecordListener {
  /** All records under the prefix as of one revision; replaces everything known before. */
  onSnapshot(records: ReadonlyMap<string, Uint8Array>): void;
  onPut(key: string, value: Uint8Array): void;
  onDelete(key: string): void;
}
