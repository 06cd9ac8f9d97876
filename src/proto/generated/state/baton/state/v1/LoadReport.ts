// Original file: proto/baton/state/v1/state.proto

import type { EndpointLoad as _baton_state_v1_EndpointLoad, EndpointLoad__Output as _baton_state_v1_EndpointLoad__Output } from '../../../baton/state/v1/EndpointLoad.ts';
import type { Long } from '@grpc/proto-loader';

export interface LoadReport {
  'protocol_version'?: (number);
  'sequence'?: (number | string | Long);
  'loads'?: (_baton_state_v1_EndpointLoad)[];
  'has_tokens'?: (boolean);
}

export interface LoadReport__Output {
  'protocol_version': (number);
  'sequence': (number);
  'loads': (_baton_state_v1_EndpointLoad__Output)[];
  'has_tokens': (boolean);
}
