/** Flags of simulated pods whose answers are short. */
export const shortAnswers = { 'ttft-ms': 5, 'token-ms': 5, tokens: 3, slots: 100 } as const;
