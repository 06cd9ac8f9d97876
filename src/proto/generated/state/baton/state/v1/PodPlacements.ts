// Original file: proto/baton/state/v1/state.proto

import type { StampedKeys as _baton_state_v1_StampedKeys, StampedKeys__Output as _baton_state_v1_StampedKeys__Output } from '../../../baton/state/v1/StampedKeys.ts';
import type { Long } from '@grpc/proto-loader';

export interface PodPlacements {
  'address'?: (string);
  'clock_tokens'?: (number | string | Long);
  'computed_tokens'?: (number | string | Long);
  'first_stamp'?: (number);
  'groups'?: (_baton_state_v1_StampedKeys)[];
}

export interface PodPlacements__Output {
  'address': (string);
  'clock_tokens': (number);
  'computed_tokens': (number);
  'first_stamp': (number);
  'groups': (_baton_state_v1_StampedKeys__Output)[];
}
