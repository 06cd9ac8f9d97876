/**
 * What the engines call their metrics. Of several names the first that is there counts: they were
 * renamed between releases. Several series of a name (data parallel ranks, models) are added up.
 */
export interface EngineNames {
  readonly engine: string;
  readonly waiting: readonly SeriesName[];
  readonly running: readonly SeriesName[];
  /** Shares of the KV cache; of several series their mean. */
  readonly kvUse: readonly SeriesName[];
  readonly promptTokens?: readonly SeriesName[];
  readonly generatedTokens?: readonly SeriesName[];
  readonly cacheQueries?: readonly SeriesName[];
  readonly cacheHits?: readonly SeriesName[];
  /** A histogram of the time to the first token, in seconds. */
  readonly firstToken?: string;
  /** The KV cache is the first times the second. */
  readonly cacheSize?: CacheSize;
  /** vLLM's info metric of LoRA adapters. */
  readonly adapters?: string;
}

/** A metric, or those series of it that have a label. */
export type SeriesName = string | { readonly name: string; readonly label: readonly [string, string] };

type CacheSize =
  /** In two labels of an info metric. */
  | { readonly kind: 'labels'; readonly name: string; readonly labels: readonly [string, string] }
  | { readonly kind: 'values'; readonly names: readonly [SeriesName, SeriesName] };

const tritonRequests = (type: string): SeriesName => ({
  name: 'nv_trt_llm_request_metrics',
  label: ['request_type', type],
});
const tritonBlocks = (type: string): SeriesName => ({
  name: 'nv_trt_llm_kv_cache_block_metrics',
  label: ['kv_cache_block_type', type],
});

export const engines: readonly EngineNames[] = [
  {
    engine: 'vllm',
    waiting: ['vllm:num_requests_waiting'],
    running: ['vllm:num_requests_running'],
    kvUse: ['vllm:kv_cache_usage_perc', 'vllm:gpu_cache_usage_perc'],
    promptTokens: ['vllm:prompt_tokens_total'],
    generatedTokens: ['vllm:generation_tokens_total'],
    cacheQueries: ['vllm:prefix_cache_queries_total', 'vllm:gpu_prefix_cache_queries_total'],
    cacheHits: ['vllm:prefix_cache_hits_total', 'vllm:gpu_prefix_cache_hits_total'],
    firstToken: 'vllm:time_to_first_token_seconds',
    cacheSize: { kind: 'labels', name: 'vllm:cache_config_info', labels: ['block_size', 'num_gpu_blocks'] },
    adapters: 'vllm:lora_requests_info',
  },
  {
    engine: 'sglang',
    waiting: ['sglang:num_queue_reqs'],
    running: ['sglang:num_running_reqs'],
    kvUse: ['sglang:token_usage'],
    promptTokens: ['sglang:prompt_tokens_total'],
    generatedTokens: ['sglang:generation_tokens_total'],
    // Each token of a prompt is looked up.
    cacheQueries: ['sglang:prompt_tokens_total'],
    cacheHits: ['sglang:cached_tokens_total'],
    firstToken: 'sglang:time_to_first_token_seconds',
    cacheSize: { kind: 'labels', name: 'sglang:cache_config_info', labels: ['page_size', 'num_pages'] },
  },
  {
    engine: 'tensorrt-llm',
    waiting: ['trtllm_num_requests_waiting'],
    running: ['trtllm_num_requests_running'],
    kvUse: ['trtllm_kv_cache_utilization'],
    firstToken: 'trtllm_time_to_first_token_seconds',
    cacheSize: {
      kind: 'values',
      names: ['trtllm_kv_cache_tokens_per_block', 'trtllm_kv_cache_max_blocks'],
    },
  },
  {
    engine: 'triton',
    waiting: [tritonRequests('waiting')],
    running: [tritonRequests('scheduled')],
    kvUse: [tritonBlocks('fraction')],
    cacheSize: { kind: 'values', names: [tritonBlocks('tokens_per'), tritonBlocks('max')] },
  },
];

export const sumOf = (histogram: string): string => `${histogram}_sum`;
export const countOf = (histogram: string): string => `${histogram}_count`;

/** Of every engine, where its process exports it. */
export const processStart = 'process_start_time_seconds';

const metricNames = (names: EngineNames): readonly string[] => {
  const { cacheSize, adapters, firstToken } = names;
  const series = [
    names.waiting,
    names.running,
    names.kvUse,
    names.promptTokens,
    names.generatedTokens,
    names.cacheQueries,
    names.cacheHits,
    cacheSize?.kind === 'values' ? cacheSize.names : undefined,
  ].flatMap((several) => several ?? []);
  return [
    ...series.map((one) => (typeof one === 'string' ? one : one.name)),
    ...(cacheSize?.kind === 'labels' ? [cacheSize.name] : []),
    ...(adapters === undefined ? [] : [adapters]),
    ...(firstToken === undefined ? [] : [sumOf(firstToken), countOf(firstToken)]),
  ];
};

/** All that are read. */
export const wantedNames: ReadonlySet<string> = new Set([...engines.flatMap(metricNames), processStart]);
