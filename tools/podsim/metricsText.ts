import { tokensPerBlock } from './engine/promptBlocks.ts';
import type { TimeHistogramState } from './timeHistogram.ts';

/**
 * The load of the pod as Prometheus text with the names of vLLM. Its labels are the configured
 * model and adapters, never a name from a client.
 */
export interface PodLoad {
  readonly model: string;
  /** 0 to 1. */
  readonly kvUse: number;
  readonly adapters: { readonly names: readonly string[]; readonly inUse: readonly string[] };
  /** In seconds since 1970. */
  readonly startedAtSeconds: number;
  readonly running: number;
  readonly waiting: number;
  /** Completed responses. */
  readonly served: number;
  readonly queueTimes: TimeHistogramState;
  readonly firstTokenTimes: TimeHistogramState;
  /** Since the start. */
  readonly tokens: { readonly prompt: number; readonly generated: number };
  readonly cache: { readonly blocks: number; readonly queries: number; readonly hits: number };
}

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

export function metricsText(load: PodLoad): string {
  const { model, kvUse, running, waiting, served, queueTimes, tokens, cache, adapters } = load;
  const { firstTokenTimes } = load;
  const modelLabel = `model_name="${escapeLabel(model)}"`;
  const label = `{${modelLabel}}`;
  const metric = (name: string, type: 'gauge' | 'counter', help: string, value: number) =>
    `# HELP vllm:${name} ${help}\n# TYPE vllm:${name} ${type}\nvllm:${name}${label} ${value}\n`;
  return [
    metric('num_requests_running', 'gauge', 'Requests that hold a slot.', running),
    metric('num_requests_waiting', 'gauge', 'Requests that wait for a slot.', waiting),
    metric('kv_cache_usage_perc', 'gauge', 'KV-cache usage, 1 means all of it.', kvUse),
    metric('request_success_total', 'counter', 'Requests answered to their end.', served),
    metric('prompt_tokens_total', 'counter', 'Tokens of prompts.', tokens.prompt),
    metric('generation_tokens_total', 'counter', 'Tokens of responses.', tokens.generated),
    metric('prefix_cache_queries_total', 'counter', 'Tokens that were looked up.', cache.queries),
    metric('prefix_cache_hits_total', 'counter', 'Tokens that were found in the cache.', cache.hits),
    '# HELP vllm:cache_config_info The size of the cache.\n# TYPE vllm:cache_config_info gauge\n',
    `vllm:cache_config_info{block_size="${tokensPerBlock}",num_gpu_blocks="${cache.blocks}"} 1\n`,
    ...(adapters.names.length > 0 ? [adaptersInfo(adapters, load.startedAtSeconds)] : []),
    '# HELP process_start_time_seconds Start time of the process.\n# TYPE process_start_time_seconds gauge\n',
    `process_start_time_seconds ${load.startedAtSeconds}\n`,
    histogram('request_queue_time_seconds', 'Time that requests waited for a slot.', modelLabel, queueTimes),
    histogram('time_to_first_token_seconds', 'Time to the first token.', modelLabel, firstTokenTimes),
  ].join('');
}

function adaptersInfo({ names, inUse }: PodLoad['adapters'], atSeconds: number): string {
  const list = (all: readonly string[]): string => `"${escapeLabel(all.join(','))}"`;
  const labels = `max_lora="${names.length}",running_lora_adapters=${list(inUse)},waiting_lora_adapters=""`;
  return [
    '# HELP vllm:lora_requests_info LoRA adapters with requests.\n# TYPE vllm:lora_requests_info gauge\n',
    `vllm:lora_requests_info{${labels}} ${atSeconds}\n`,
  ].join('');
}

function histogram(name: string, help: string, label: string, state: TimeHistogramState): string {
  const bucket = (le: number | string, count: number) =>
    `vllm:${name}_bucket{${label},le="${le}"} ${count}\n`;
  return [
    `# HELP vllm:${name} ${help}\n# TYPE vllm:${name} histogram\n`,
    ...state.buckets.map(({ atMostSeconds, count }) => bucket(atMostSeconds, count)),
    bucket('+Inf', state.count),
    `vllm:${name}_count{${label}} ${state.count}\n`,
    `vllm:${name}_sum{${label}} ${state.sumSeconds}\n`,
  ].join('');
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
