// Original file: proto/baton/state/v1/state.proto

import type { EndpointLoad as _baton_state_v1_EndpointLoad, EndpointLoad__Output as _baton_state_v1_EndpointLoad__Output } from '../../../baton/state/v1/EndpointLoad.ts';
import type { Long } from '@grpc/proto-loader';

export interface Bequest {
  'protocol_version'?: (number);
  'loads'?: (_baton_state_v1_EndpointLoad)[];
  'bequeathed_unix_ms'?: (number | string | Long);
  'ttl_ms'?: (number);
}

export interface Bequest__Output {
  'protocol_version': (number);
  'loads': (_baton_state_v1_EndpointLoad__Output)[];
  'bequeathed_unix_ms': (number);
  'ttl_ms': (number);
}
