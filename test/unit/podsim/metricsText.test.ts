import { metricsText } from '../../../src/podsim/metricsText.ts';

describe('the metrics of a pod', () => {
  it('are Prometheus text with the names of vLLM', () => {
    const text = metricsText({ model: 'a"b\\c', slots: 8, running: 2, waiting: 3, served: 40 });
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
      '',
    ]);
  });
});
