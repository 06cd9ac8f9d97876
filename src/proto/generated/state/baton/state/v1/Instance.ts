// Original file: proto/baton/state/v1/state.proto

import type { Phase as _baton_state_v1_Phase, Phase__Output as _baton_state_v1_Phase__Output } from '../../../baton/state/v1/Phase.ts';
import type { Long } from '@grpc/proto-loader';

export interface Instance {
  'protocol_version'?: (number);
  'id'?: (string);
  'release'?: (string);
  'generation'?: (number | string | Long);
  'phase'?: (_baton_state_v1_Phase);
  'addresses'?: (string)[];
  'zone'?: (string);
  'started_unix_ms'?: (number | string | Long);
  'without_endpoints'?: (boolean);
  'sequence'?: (number | string | Long);
  'hashing_schemes'?: (number)[];
  'reads_metrics'?: (boolean);
}

export interface Instance__Output {
  'protocol_version': (number);
  'id': (string);
  'release': (string);
  'generation': (number);
  'phase': (_baton_state_v1_Phase__Output);
  'addresses': (string)[];
  'zone': (string);
  'started_unix_ms': (number);
  'without_endpoints': (boolean);
  'sequence': (number);
  'hashing_schemes': (number)[];
  'reads_metrics': (boolean);
}
