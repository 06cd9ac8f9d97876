import { readEngineMetrics } from '../../../../src/signals/readings/readEngineMetrics.ts';

const vllm = `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="llama"} 7.0
vllm:num_requests_waiting{engine="0",model_name="llama"} 3.0
vllm:kv_cache_usage_perc{engine="0",model_name="llama"} 0.25
vllm:prompt_tokens_total{engine="0",model_name="llama"} 1.2345678e+07
vllm:generation_tokens_total{engine="0",model_name="llama"} 4200.0
vllm:prefix_cache_queries_total{engine="0",model_name="llama"} 12345678.0
vllm:prefix_cache_hits_total{engine="0",model_name="llama"} 345678.0
vllm:cache_config_info{block_size="16",cache_dtype="auto",engine="0",num_gpu_blocks="26690"} 1.0
vllm:lora_requests_info{max_lora="4",running_lora_adapters="",waiting_lora_adapters=""} 1.7e9
vllm:lora_requests_info{max_lora="4",running_lora_adapters="sql, chat",waiting_lora_adapters="law"} 1.8e9
vllm:time_to_first_token_seconds_bucket{le="0.001",model_name="llama"} 5
vllm:time_to_first_token_seconds_count{engine="0",model_name="llama"} 40
vllm:time_to_first_token_seconds_sum{engine="0",model_name="llama"} 12.5
process_start_time_seconds 1.76e+09
`;

describe('the metrics of an engine', () => {
  it('are read from vLLM', () => {
    expect(readEngineMetrics(vllm)).toEqual({
      engine: 'vllm',
      waiting: 3,
      running: 7,
      kvUse: 0.25,
      promptTokens: 12_345_678,
      generatedTokens: 4_200,
      cacheQueries: 12_345_678,
      cacheHits: 345_678,
      cacheTokens: 427_040,
      firstTokens: 40,
      firstTokenSeconds: 12.5,
      startedAtSeconds: 1_760_000_000,
      adapters: { running: ['sql', 'chat'], waiting: ['law'], most: 4 },
    });
  });

  it('are read from an older vLLM by its names', () => {
    const text =
      'vllm:num_requests_running 1\nvllm:gpu_cache_usage_perc 0.5\nvllm:gpu_prefix_cache_hits_total 9\n';
    expect(readEngineMetrics(text)).toEqual({ engine: 'vllm', running: 1, kvUse: 0.5, cacheHits: 9 });
  });

  it('are read from SGLang', () => {
    const text = `sglang:num_running_reqs{model_name="m"} 12
sglang:num_queue_reqs{model_name="m"} 2
sglang:token_usage{model_name="m"} 0.28
sglang:prompt_tokens_total{model_name="m"} 8128
sglang:generation_tokens_total{model_name="m"} 7557
sglang:cached_tokens_total{model_name="m"} 128
sglang:cache_config_info{page_size="64",num_pages="1000"} 1.0
`;
    expect(readEngineMetrics(text)).toEqual({
      engine: 'sglang',
      waiting: 2,
      running: 12,
      kvUse: 0.28,
      promptTokens: 8_128,
      generatedTokens: 7_557,
      cacheQueries: 8_128,
      cacheHits: 128,
      cacheTokens: 64_000,
    });
  });

  it('are read from TensorRT-LLM, alone and in Triton', () => {
    const alone = `trtllm_num_requests_waiting 4
trtllm_num_requests_running 5
trtllm_kv_cache_utilization 0.75
trtllm_kv_cache_tokens_per_block 32
trtllm_kv_cache_max_blocks 100
`;
    const same = { waiting: 4, running: 5, kvUse: 0.75, cacheTokens: 3_200 };
    expect(readEngineMetrics(alone)).toEqual({ engine: 'tensorrt-llm', ...same });
    const triton = `nv_trt_llm_request_metrics{model="m",request_type="waiting",version="1"} 4
nv_trt_llm_request_metrics{model="m",request_type="scheduled",version="1"} 5
nv_trt_llm_request_metrics{model="m",request_type="max",version="1"} 512
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="fraction",model="m"} 0.75
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="tokens_per",model="m"} 32
nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type="max",model="m"} 100
`;
    expect(readEngineMetrics(triton)).toEqual({ engine: 'triton', ...same });
  });

  it('of several ranks are added up, a series that comes twice once', () => {
    const text = `vllm:num_requests_running{engine="0"} 3
vllm:num_requests_running{engine="1"} 5
vllm:num_requests_running{engine="0"} 4
vllm:kv_cache_usage_perc{engine="0"} 0.2
vllm:kv_cache_usage_perc{engine="1"} 0.6
`;
    expect(readEngineMetrics(text)).toMatchObject({ running: 9, kvUse: 0.4 });
  });

  it('leave out what is no number', () => {
    const text = `vllm:num_requests_running 2
vllm:num_requests_waiting NaN
vllm:kv_cache_usage_perc +Inf
vllm:prompt_tokens_total -7
vllm:cache_config_info{block_size="16",num_gpu_blocks="None"} 1
`;
    expect(readEngineMetrics(text)).toEqual({ engine: 'vllm', running: 2 });
  });

  it('are found with labels that hold braces, quotes and line ends', () => {
    const text = 'vllm:num_requests_running{model_name="a\\"}{ b\\n\\\\",x="}"} 2 1700000000000\r\n';
    expect(readEngineMetrics(text)).toEqual({ engine: 'vllm', running: 2 });
  });

  it.each([
    ['nothing', ''],
    ['a page', '<html><body>404</body></html>'],
    ['another program', 'go_goroutines 12\nprocess_start_time_seconds 1.7e9\n'],
    ['a line without an end', `vllm:num_requests_running{${'a'.repeat(100_000)}`],
  ])('are none where %s is answered', (_, text) => {
    expect(readEngineMetrics(text)).toBeUndefined();
  });

  it('have bounds on what they name', () => {
    const names = Array.from({ length: 1_000 }, (_, nth) => `adapter-${nth}`).join(',');
    const text = `vllm:num_requests_running 1e12
vllm:lora_requests_info{max_lora="many",running_lora_adapters="${names}"} 1
`;
    const reading = readEngineMetrics(text);
    expect(reading?.running).toBe(10_000_000);
    expect(reading?.adapters?.running).toHaveLength(256);
    expect(reading?.adapters?.most).toBe(0);
  });
});
