import type { Random } from '../../../src/scheduling/load.ts';
import { randomIndex } from '../../../src/scheduling/sample.ts';
import { exponential, normal } from '../seededRandom.ts';
import { blockTokens, type InferenceRequest } from './inferenceTrace.ts';

/** Lengths in tokens, log-normal. */
interface TokenLengths {
  readonly median: number;
  readonly sigma: number;
}

/** A kind of traffic. A session has one of the shared beginnings and grows with each turn. */
export interface Workload {
  readonly name: string;
  readonly summary: string;
  /** At speed 1, for 20 pods of the 8B preset. */
  readonly sessionsPerSecond: number;
  /**
   * How many are shared, and how long they are; the n-th is 1/n as frequent as the first, unless
   * all are equally frequent.
   */
  readonly beginnings: { readonly count: number; readonly tokens: number; readonly isUniform?: boolean };
  /** On average, geometrically distributed. */
  readonly turns: number;
  readonly message: TokenLengths;
  readonly output: TokenLengths;
  /** Between a response and the next turn, exponential. A response takes 20 ms a token here. */
  readonly pauseSeconds: number;
}

export const workloads: readonly Workload[] = [
  {
    name: 'conversations',
    summary: 'chats of some turns, each with one short system prompt in front',
    sessionsPerSecond: 34,
    beginnings: { count: 1, tokens: 600 },
    turns: 5,
    message: { median: 700, sigma: 1 },
    output: { median: 250, sigma: 0.7 },
    pauseSeconds: 20,
  },
  {
    name: 'agents',
    summary: '30 agents with long instructions and tools, many short turns with results of tools',
    sessionsPerSecond: 7,
    beginnings: { count: 30, tokens: 7_000 },
    turns: 15,
    message: { median: 900, sigma: 0.8 },
    output: { median: 100, sigma: 0.7 },
    pauseSeconds: 3,
  },
  {
    name: 'system-prompts',
    summary: '150 system prompts of 6,000 tokens, one question each',
    sessionsPerSecond: 130,
    beginnings: { count: 150, tokens: 6_000 },
    turns: 1,
    message: { median: 1_000, sigma: 0.4 },
    output: { median: 200, sigma: 0.7 },
    pauseSeconds: 0,
  },
  {
    name: 'retrieval',
    summary: '1,500 documents of 8,000 tokens, one question each',
    sessionsPerSecond: 90,
    beginnings: { count: 1_500, tokens: 8_000 },
    turns: 1,
    message: { median: 200, sigma: 0.6 },
    output: { median: 150, sigma: 0.7 },
    pauseSeconds: 0,
  },
  {
    name: 'ladder',
    summary: 'as published for llm-d: 150 groups with 6,000 tokens, questions of 1,200, responses of 1,000',
    sessionsPerSecond: 60,
    beginnings: { count: 150, tokens: 6_000, isUniform: true },
    turns: 1,
    message: { median: 1_200, sigma: 0 },
    output: { median: 1_000, sigma: 0 },
    pauseSeconds: 0,
  },
  {
    name: 'unshared',
    summary: 'prompts that have nothing in common',
    sessionsPerSecond: 280,
    beginnings: { count: 1, tokens: 0 },
    turns: 1,
    message: { median: 1_000, sigma: 1 },
    output: { median: 150, sigma: 0.8 },
    pauseSeconds: 0,
  },
];

const longestTokens = 120_000;
const msPerOutputToken = 20;

/** So many requests of a workload, in order of arrival. */
export function generateTrace(workload: Workload, count: number, random: Random): InferenceRequest[] {
  const { beginnings, sessionsPerSecond } = workload;
  const blocksOf = (tokens: number): number => Math.floor(tokens / blockTokens);
  const shared = blocksOf(beginnings.tokens);
  const pickBeginning = beginnings.isUniform
    ? () => randomIndex(beginnings.count, random)
    : zipf(beginnings.count, random);
  let nextContent = beginnings.count * shared;
  const requests: InferenceRequest[] = [];
  const addSession = (startMs: number): void => {
    const beginning = pickBeginning();
    const blocks = Array.from({ length: shared }, (_, index) => beginning * shared + index);
    let tokens = beginnings.tokens;
    let atMs = startMs;
    for (;;) {
      tokens += draw(workload.message, random);
      if (tokens > longestTokens) return;
      while (blocks.length < blocksOf(tokens)) blocks.push(nextContent++);
      const outputTokens = draw(workload.output, random);
      const rest = tokens % blockTokens === 0 ? [] : [nextContent++];
      requests.push({ atMs, inputTokens: tokens, outputTokens, blocks: [...blocks, ...rest] });
      if (random() < 1 / workload.turns) return;
      tokens += outputTokens;
      atMs += outputTokens * msPerOutputToken + exponential(1000 * workload.pauseSeconds, random);
    }
  };
  let startMs = 0;
  // Behind the last beginning of a session, sessions are missing.
  const begun = (): InferenceRequest[] => requests.filter(({ atMs }) => atMs <= startMs);
  while (requests.length < count || begun().length < count) {
    for (let session = 0; session < 100; session += 1) {
      startMs += exponential(1000 / sessionsPerSecond, random);
      addSession(startMs);
    }
  }
  return begun()
    .sort((a, b) => a.atMs - b.atMs)
    .slice(0, count);
}

function draw({ median, sigma }: TokenLengths, random: Random): number {
  return Math.max(1, Math.round(median * Math.exp(sigma * normal(random))));
}

/** The n-th of so many is drawn 1/n times as often as the first. */
function zipf(count: number, random: Random): () => number {
  const sums: number[] = [];
  let sum = 0;
  for (let n = 1; n <= count; n += 1) {
    sum += 1 / n;
    sums.push(sum);
  }
  return () => {
    const wanted = random() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
