// Original file: proto/baton/state/v1/state.proto

import type { Long } from '@grpc/proto-loader';

export interface EndpointLoad {
  'address'?: (string);
  'in_flight'?: (number);
  'assigned_tokens'?: (number | string | Long);
}

export interface EndpointLoad__Output {
  'address': (string);
  'in_flight': (number);
  'assigned_tokens': (number);
}
