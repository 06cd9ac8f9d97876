// Original file: proto/baton/state/v1/state.proto

import type { PodSignal as _baton_state_v1_PodSignal, PodSignal__Output as _baton_state_v1_PodSignal__Output } from '../../../baton/state/v1/PodSignal.ts';

export interface PodSignalReport {
  'protocol_version'?: (number);
  'pods'?: (_baton_state_v1_PodSignal)[];
}

export interface PodSignalReport__Output {
  'protocol_version': (number);
  'pods': (_baton_state_v1_PodSignal__Output)[];
}
