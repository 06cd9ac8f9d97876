// Original file: proto/baton/state/v1/state.proto

import type { Long } from '@grpc/proto-loader';

export interface PinnedGeneration {
  'protocol_version'?: (number);
  'pinned_generation'?: (number | string | Long);
  'reason'?: (string);
  'set_unix_ms'?: (number | string | Long);
  '_pinned_generation'?: "pinned_generation";
}

export interface PinnedGeneration__Output {
  'protocol_version': (number);
  'pinned_generation'?: (number);
  'reason': (string);
  'set_unix_ms': (number);
}
