// Original file: proto/baton/state/v1/state.proto

import type { PodPlacements as _baton_state_v1_PodPlacements, PodPlacements__Output as _baton_state_v1_PodPlacements__Output } from '../../../baton/state/v1/PodPlacements.ts';
import type { Long } from '@grpc/proto-loader';

export interface PrefixLog {
  'protocol_version'?: (number);
  'hashing_scheme'?: (number);
  'started_unix_ms'?: (number | string | Long);
  'pods'?: (_baton_state_v1_PodPlacements)[];
}

export interface PrefixLog__Output {
  'protocol_version': (number);
  'hashing_scheme': (number);
  'started_unix_ms': (number);
  'pods': (_baton_state_v1_PodPlacements__Output)[];
}
