import type { Tools } from '../../tools/testbed/tools.ts';

/** What a group of instances is started with. */
export interface GroupOptions {
  readonly tools: Tools;
  /** For its files; exists. */
  readonly dir: string;
}

/** Waits for an alert of the group, and notes whether it fired; never rejects. */
export type Expect = (alert: string, fault: string) => Promise<void>;

/** Instances that are scraped as one group, at first well, with the faults that befall them. */
export interface StagedGroup {
  /** The label `job` of its samples. */
  readonly job: string;
  readonly adminUrls: readonly string[];
  /** Stages its faults, one after the other or together, and leaves them. */
  stage(expectAlert: Expect): Promise<void>;
  /** Ends all of its processes. */
  stop(): Promise<void>;
}
