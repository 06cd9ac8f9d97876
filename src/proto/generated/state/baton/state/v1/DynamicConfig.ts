// Original file: proto/baton/state/v1/state.proto

import type { Long } from '@grpc/proto-loader';

export interface DynamicConfig {
  'protocol_version'?: (number);
  'settings'?: ({[key: string]: string});
  'reason'?: (string);
  'set_unix_ms'?: (number | string | Long);
}

export interface DynamicConfig__Output {
  'protocol_version': (number);
  'settings': ({[key: string]: string});
  'reason': (string);
  'set_unix_ms': (number);
}
