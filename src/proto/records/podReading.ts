import type { PodReading__Output } from '../generated/state/baton/state/v1/PodReading.ts';
import { stateCodecs } from '../stateCodecs.ts';
import { judgeList, judgeName, judgeNumber, mostInFlight } from './fields.ts';

/** What the metrics of a pod's engine say. Engines and their releases leave out some of it. */
export interface PodReading {
  /** As the reader calls it; a newer release may know others. */
  readonly engine: string;
  /** Requests in its queue, and those that it computes. */
  readonly waiting?: number;
  readonly running?: number;
  /** The share of its KV cache that is in use, 0 to 1. */
  readonly kvUse?: number;
  /** Counters, in tokens, since the engine started. */
  readonly promptTokens?: number;
  readonly generatedTokens?: number;
  readonly cacheQueries?: number;
  readonly cacheHits?: number;
  /** Tokens that fit into its KV cache. */
  readonly cacheTokens?: number;
  /** When its process started, in seconds since 1970. */
  readonly startedAtSeconds?: number;
  /** Responses that began since the engine started, and how long they took to, in all. */
  readonly firstTokens?: number;
  readonly firstTokenSeconds?: number;
  readonly adapters?: PodAdapters;
}

/** The LoRA adapters with requests. */
export interface PodAdapters {
  readonly running: readonly string[];
  readonly waiting: readonly string[];
  /** How many it holds at once; 0: it does not say. */
  readonly most: number;
}

/** A reading as it is stored. */
export interface StoredReading {
  readonly reading: PodReading;
  /** How old it was when it was written. */
  readonly ageMs: number;
  /** The instance that asked, for people. */
  readonly from: string;
}

/** Of one pod, in each of the two lists. */
export const mostAdapters = 256;
const counts = {
  waiting: 'waiting',
  running: 'running',
  prompt_tokens: 'promptTokens',
  generated_tokens: 'generatedTokens',
  cache_queries: 'cacheQueries',
  cache_hits: 'cacheHits',
  cache_tokens: 'cacheTokens',
  first_tokens: 'firstTokens',
} as const;

export function encodeReading({ reading, ageMs, from }: StoredReading): Uint8Array {
  const { adapters } = reading;
  const fields = Object.entries(counts).map(([field, name]) => [field, reading[name]] as const);
  return stateCodecs.podReading.encode({
    engine: reading.engine,
    from,
    age_ms: Math.round(ageMs),
    ...Object.fromEntries(fields.filter(([, value]) => value !== undefined)),
    ...(reading.kvUse !== undefined && { kv_use: reading.kvUse }),
    ...(reading.startedAtSeconds !== undefined && { started_at_seconds: reading.startedAtSeconds }),
    ...(reading.firstTokenSeconds !== undefined && { first_token_seconds: reading.firstTokenSeconds }),
    ...(adapters && {
      knows_adapters: true,
      running_adapters: [...adapters.running],
      waiting_adapters: [...adapters.waiting],
      most_adapters: adapters.most,
    }),
  });
}

/** @throws Error when the bytes are not such a record, or a field of it is absurd */
export function decodeReading(value: Uint8Array): StoredReading {
  const record = stateCodecs.podReading.decode(value);
  const numbers = Object.entries(counts).flatMap(([field, name]) => {
    const given = record[field as keyof typeof counts];
    const most = name === 'waiting' || name === 'running' ? mostInFlight : undefined;
    return given === undefined ? [] : [[name, judgeNumber(field, given, most)]];
  });
  return {
    reading: {
      engine: judgeName('engine', record.engine),
      ...Object.fromEntries(numbers),
      ...(record.kv_use !== undefined && { kvUse: judgeReal('kv_use', record.kv_use, 1) }),
      ...(record.started_at_seconds !== undefined && {
        startedAtSeconds: judgeReal('started_at_seconds', record.started_at_seconds),
      }),
      ...(record.first_token_seconds !== undefined && {
        firstTokenSeconds: judgeReal('first_token_seconds', record.first_token_seconds),
      }),
      ...(record.knows_adapters && { adapters: adaptersOf(record) }),
    },
    ageMs: record.age_ms,
    from: judgeName('from', record.from),
  };
}

function adaptersOf(record: PodReading__Output): PodAdapters {
  const names = (field: 'running_adapters' | 'waiting_adapters') =>
    judgeList(field, record[field], mostAdapters).map((name) => judgeName(field, name));
  return {
    running: names('running_adapters'),
    waiting: names('waiting_adapters'),
    most: record.most_adapters,
  };
}

function judgeReal(name: string, value: number, most = Number.MAX_SAFE_INTEGER): number {
  if (value >= 0 && value <= most) return value;
  throw new Error(`${name} is ${value}, not a number from 0 to ${most}`);
}
