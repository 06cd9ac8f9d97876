// Original file: proto/baton/state/v1/state.proto

import type { EndpointLoad as _baton_state_v1_EndpointLoad, EndpointLoad__Output as _baton_state_v1_EndpointLoad__Output } from '../../../baton/state/v1/EndpointLoad.ts';
import type { Long } from '@grpc/proto-loader';

export interface Handoff {
  'protocol_version'?: (number);
  'loads'?: (_baton_state_v1_EndpointLoad)[];
  'handed_off_unix_ms'?: (number | string | Long);
  'ttl_ms'?: (number);
}

export interface Handoff__Output {
  'protocol_version': (number);
  'loads': (_baton_state_v1_EndpointLoad__Output)[];
  'handed_off_unix_ms': (number);
  'ttl_ms': (number);
}
