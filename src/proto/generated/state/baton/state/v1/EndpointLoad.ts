// Original file: proto/baton/state/v1/state.proto


export interface EndpointLoad {
  'address'?: (string);
  'in_flight'?: (number);
}

export interface EndpointLoad__Output {
  'address': (string);
  'in_flight': (number);
}
