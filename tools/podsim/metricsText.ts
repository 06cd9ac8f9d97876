import type { QueueTimesState } from './queueTimes.ts';

/**
 * The load of the pod as Prometheus text with the names of vLLM. Its only label is the configured
 * model, never a name from a client.
 */
export interface PodLoad {
  readonly model: string;
  readonly slots: number;
  readonly running: number;
  readonly waiting: number;
  /** Completed responses. */
  readonly served: number;
  readonly queueTimes: QueueTimesState;
}

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

export function metricsText({ model, slots, running, waiting, served, queueTimes }: PodLoad): string {
  const modelLabel = `model_name="${escapeLabel(model)}"`;
  const label = `{${modelLabel}}`;
  const metric = (name: string, type: 'gauge' | 'counter', help: string, value: number) =>
    `# HELP vllm:${name} ${help}\n# TYPE vllm:${name} ${type}\nvllm:${name}${label} ${value}\n`;
  return [
    metric('num_requests_running', 'gauge', 'Requests that hold a slot.', running),
    metric('num_requests_waiting', 'gauge', 'Requests that wait for a slot.', waiting),
    // There is no cache: each request uses the share of one slot.
    metric('kv_cache_usage_perc', 'gauge', 'KV-cache usage, 1 means all of it.', running / slots),
    metric('request_success_total', 'counter', 'Requests answered to their end.', served),
    histogram('request_queue_time_seconds', 'Time that requests waited for a slot.', modelLabel, queueTimes),
  ].join('');
}

function histogram(name: string, help: string, label: string, state: QueueTimesState): string {
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
