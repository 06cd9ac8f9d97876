/** What `/state` shows of the prompts that instances share. */
export interface SharedPromptsReport {
  /** The hashing scheme that this instance writes. */
  readonly scheme: number;
  /** Those by which prompts of before are found as well. */
  readonly alsoRead: readonly number[];
  readonly pods: number;
  readonly entries: number;
  readonly memoryBytes: number;
  /** Keys that the others have not been told of, and for how long. */
  readonly waitingKeys: number;
  readonly waitingMs: number;
}
