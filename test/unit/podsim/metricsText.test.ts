import { metricsText } from '../../../tools/podsim/metricsText.ts';

describe('the metrics of a pod', () => {
  it('are Prometheus text with the names of vLLM', () => {
    const queueTimes = { buckets: [{ atMostSeconds: 0.3, count: 39 }], count: 40, sumSeconds: 1.5 };
    const tokens = { prompt: 900, generated: 70 };
    const cache = { blocks: 50, queries: 900, hits: 320 };
    const text = metricsText({
      model: 'a"b\\c',
      kvUse: 0.25,
      running: 2,
      waiting: 3,
      served: 40,
      queueTimes,
      firstTokenTimes: { buckets: [{ atMostSeconds: 0.1, count: 3 }], count: 4, sumSeconds: 0.9 },
      tokens,
      cache,
      adapters: { names: ['x', 'y'], inUse: ['y'] },
      startedAtSeconds: 1_700_000_000,
    });
    const label = '{model_name="a\\"b\\\\c"}';
    expect(text.split('\n').filter((line) => !line.startsWith('# HELP'))).toEqual([
      '# TYPE vllm:num_requests_running gauge',
      `vllm:num_requests_running${label} 2`,
      '# TYPE vllm:num_requests_waiting gauge',
      `vllm:num_requests_waiting${label} 3`,
      '# TYPE vllm:kv_cache_usage_perc gauge',
      `vllm:kv_cache_usage_perc${label} 0.25`,
      '# TYPE vllm:request_success_total counter',
      `vllm:request_success_total${label} 40`,
      '# TYPE vllm:prompt_tokens_total counter',
      `vllm:prompt_tokens_total${label} 900`,
      '# TYPE vllm:generation_tokens_total counter',
      `vllm:generation_tokens_total${label} 70`,
      '# TYPE vllm:prefix_cache_queries_total counter',
      `vllm:prefix_cache_queries_total${label} 900`,
      '# TYPE vllm:prefix_cache_hits_total counter',
      `vllm:prefix_cache_hits_total${label} 320`,
      '# TYPE vllm:cache_config_info gauge',
      'vllm:cache_config_info{block_size="16",num_gpu_blocks="50"} 1',
      '# TYPE vllm:lora_requests_info gauge',
      'vllm:lora_requests_info{max_lora="2",running_lora_adapters="y",waiting_lora_adapters=""} 1700000000',
      '# TYPE process_start_time_seconds gauge',
      'process_start_time_seconds 1700000000',
      '# TYPE vllm:request_queue_time_seconds histogram',
      `vllm:request_queue_time_seconds_bucket${label.replace('}', ',le="0.3"}')} 39`,
      `vllm:request_queue_time_seconds_bucket${label.replace('}', ',le="+Inf"}')} 40`,
      `vllm:request_queue_time_seconds_count${label} 40`,
      `vllm:request_queue_time_seconds_sum${label} 1.5`,
      '# TYPE vllm:time_to_first_token_seconds histogram',
      `vllm:time_to_first_token_seconds_bucket${label.replace('}', ',le="0.1"}')} 3`,
      `vllm:time_to_first_token_seconds_bucket${label.replace('}', ',le="+Inf"}')} 4`,
      `vllm:time_to_first_token_seconds_count${label} 4`,
      `vllm:time_to_first_token_seconds_sum${label} 0.9`,
      '',
    ]);
  });
});
