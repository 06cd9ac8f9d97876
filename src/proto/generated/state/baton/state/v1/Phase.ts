// Original file: proto/baton/state/v1/state.proto

export const Phase = {
  PHASE_UNSPECIFIED: 'PHASE_UNSPECIFIED',
  STARTING: 'STARTING',
  READY: 'READY',
  STANDBY: 'STANDBY',
  DRAINING: 'DRAINING',
  STOPPED: 'STOPPED',
} as const;

export type Phase =
  | 'PHASE_UNSPECIFIED'
  | 0
  | 'STARTING'
  | 1
  | 'READY'
  | 2
  | 'STANDBY'
  | 3
  | 'DRAINING'
  | 4
  | 'STOPPED'
  | 5

export type Phase__Output = typeof Phase[keyof typeof Phase]
