// Original file: proto/baton/state/v1/state.proto

export const Phase = {
  PHASE_UNSPECIFIED: 'PHASE_UNSPECIFIED',
  PHASE_STARTING: 'PHASE_STARTING',
  PHASE_READY: 'PHASE_READY',
  PHASE_STANDBY: 'PHASE_STANDBY',
  PHASE_DRAINING: 'PHASE_DRAINING',
  PHASE_STOPPED: 'PHASE_STOPPED',
} as const;

export type Phase =
  | 'PHASE_UNSPECIFIED'
  | 0
  | 'PHASE_STARTING'
  | 1
  | 'PHASE_READY'
  | 2
  | 'PHASE_STANDBY'
  | 3
  | 'PHASE_DRAINING'
  | 4
  | 'PHASE_STOPPED'
  | 5

export type Phase__Output = typeof Phase[keyof typeof Phase]
