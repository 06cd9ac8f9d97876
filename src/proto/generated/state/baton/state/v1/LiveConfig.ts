// Original file: proto/baton/state/v1/state.proto

import type { Long } from '@grpc/proto-loader';

export interface LiveConfig {
  'protocol_version'?: (number);
  'settings'?: ({[key: string]: string});
  'reason'?: (string);
  'set_unix_ms'?: (number | string | Long);
}

export interface LiveConfig__Output {
  'protocol_version': (number);
  'settings': ({[key: string]: string});
  'reason': (string);
  'set_unix_ms': (number);
}
