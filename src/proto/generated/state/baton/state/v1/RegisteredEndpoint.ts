// Original file: proto/baton/state/v1/state.proto


export interface RegisteredEndpoint {
  'protocol_version'?: (number);
  'address'?: (string);
  'weight'?: (number | string);
  'labels'?: ({[key: string]: string});
  'models'?: (string)[];
  'slots'?: (number);
}

export interface RegisteredEndpoint__Output {
  'protocol_version': (number);
  'address': (string);
  'weight': (number);
  'labels': ({[key: string]: string});
  'models': (string)[];
  'slots': (number);
}
