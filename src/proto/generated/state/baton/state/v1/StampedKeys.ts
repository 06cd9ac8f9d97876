// Original file: proto/baton/state/v1/state.proto


export interface StampedKeys {
  'stamp'?: (number);
  'keys'?: (Buffer | Uint8Array | string);
}

export interface StampedKeys__Output {
  'stamp': (number);
  'keys': (Buffer);
}
