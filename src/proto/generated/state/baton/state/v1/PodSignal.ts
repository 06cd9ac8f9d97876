// Original file: proto/baton/state/v1/state.proto


export interface PodSignal {
  'address'?: (string);
  'failures'?: (number);
  'remaining_ms'?: (number);
  'level'?: (number);
  'reason'?: (string);
  'on_trial'?: (boolean);
  'suspected'?: (boolean);
  'early_ends'?: (number);
}

export interface PodSignal__Output {
  'address': (string);
  'failures': (number);
  'remaining_ms': (number);
  'level': (number);
  'reason': (string);
  'on_trial': (boolean);
  'suspected': (boolean);
  'early_ends': (number);
}
