/** What `/state` shows of the prompts that instances share. */
export interface SharedPromptsReport {
  /** How this instance writes. */
  readonly scheme: number;
  readonly pods: number;
  readonly entries: number;
  readonly memoryBytes: number;
  /** Keys that the others have not been told of, and for how long. */
  readonly waitingKeys: number;
  readonly waitingMs: number;
}
