// Original file: proto/baton/state/v1/state.proto

import type { Long } from '@grpc/proto-loader';

export interface PodReading {
  'protocol_version'?: (number);
  'engine'?: (string);
  'from'?: (string);
  'age_ms'?: (number);
  'waiting'?: (number);
  'running'?: (number);
  'kv_use'?: (number | string);
  'prompt_tokens'?: (number | string | Long);
  'generated_tokens'?: (number | string | Long);
  'cache_queries'?: (number | string | Long);
  'cache_hits'?: (number | string | Long);
  'cache_tokens'?: (number | string | Long);
  'started_at_seconds'?: (number | string);
  'knows_adapters'?: (boolean);
  'running_adapters'?: (string)[];
  'waiting_adapters'?: (string)[];
  'most_adapters'?: (number);
  'first_tokens'?: (number | string | Long);
  'first_token_seconds'?: (number | string);
  '_waiting'?: "waiting";
  '_running'?: "running";
  '_kv_use'?: "kv_use";
  '_prompt_tokens'?: "prompt_tokens";
  '_generated_tokens'?: "generated_tokens";
  '_cache_queries'?: "cache_queries";
  '_cache_hits'?: "cache_hits";
  '_cache_tokens'?: "cache_tokens";
  '_started_at_seconds'?: "started_at_seconds";
  '_first_tokens'?: "first_tokens";
  '_first_token_seconds'?: "first_token_seconds";
}

export interface PodReading__Output {
  'protocol_version': (number);
  'engine': (string);
  'from': (string);
  'age_ms': (number);
  'waiting'?: (number);
  'running'?: (number);
  'kv_use'?: (number);
  'prompt_tokens'?: (number);
  'generated_tokens'?: (number);
  'cache_queries'?: (number);
  'cache_hits'?: (number);
  'cache_tokens'?: (number);
  'started_at_seconds'?: (number);
  'knows_adapters': (boolean);
  'running_adapters': (string)[];
  'waiting_adapters': (string)[];
  'most_adapters': (number);
  'first_tokens'?: (number);
  'first_token_seconds'?: (number);
}
