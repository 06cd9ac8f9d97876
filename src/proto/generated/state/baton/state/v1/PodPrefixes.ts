// Original file: proto/baton/state/v1/state.proto

import type { StampedKeys as _baton_state_v1_StampedKeys, StampedKeys__Output as _baton_state_v1_StampedKeys__Output } from '../../../baton/state/v1/StampedKeys.ts';
import type { Long } from '@grpc/proto-loader';

export interface PodPrefixes {
  'protocol_version'?: (number);
  'hashing_scheme'?: (number);
  'clock_tokens'?: (number | string | Long);
  'first_stamp'?: (number);
  'groups'?: (_baton_state_v1_StampedKeys)[];
}

export interface PodPrefixes__Output {
  'protocol_version': (number);
  'hashing_scheme': (number);
  'clock_tokens': (number);
  'first_stamp': (number);
  'groups': (_baton_state_v1_StampedKeys__Output)[];
}
