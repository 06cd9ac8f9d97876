/**
 * Kinds of conversations that a rehearsal drives, on pods that cache prompts. They are shorter than
 * those of `baton simulate`, since all parts share one machine.
 */
export interface RehearsalWorkload {
  readonly name: string;
  readonly summary: string;
  /** How many there are, and how long. */
  readonly beginnings: number;
  readonly beginningTokens: number;
  /** On average. */
  readonly turns: number;
  readonly messageTokens: number;
  readonly answerTokens: number;
  /** Between an answer and the next turn, on average. */
  readonly pauseMs: number;
}

export const rehearsalWorkloads: readonly RehearsalWorkload[] = [
  {
    name: 'conversations',
    summary: 'chats of eight turns, all with the same short system prompt',
    beginnings: 1,
    beginningTokens: 600,
    turns: 8,
    messageTokens: 400,
    answerTokens: 20,
    pauseMs: 1_000,
  },
  {
    name: 'agents',
    summary: 'ten agents with long instructions, each with runs of fifteen turns',
    beginnings: 10,
    beginningTokens: 3_000,
    turns: 15,
    messageTokens: 300,
    answerTokens: 10,
    pauseMs: 500,
  },
];

/** Of each simulated pod. */
export const rehearsedPod = {
  'cache-tokens': 400_000,
  'ttft-ms': 5,
  'token-ms': 10,
  // 8,000 tokens a second.
  'prompt-token-ms': 0.125,
  slots: 256,
} as const;
