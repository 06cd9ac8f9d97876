import type { Clock } from '../../clock.ts';
import { HeldBytes } from './heldBody.ts';
import { LeftRequests } from './leftRequests.ts';

/** The bodies that run through this instance (FULL_DUPLEX_STREAMED), by direction. */
export interface DuplexBodies {
  readonly request: boolean;
  readonly response: boolean;
}

/** What an instance does with bodies that run through it. */
export interface FullDuplexRules {
  /**
   * Of a stream whose first message does not say it: Envoy before 1.34, NGINX Gateway Fabric.
   * undefined: none.
   */
  readonly unannounced: DuplexBodies | undefined;
  /**
   * `leave`: the stream is finished behind the request, so a response does not depend on this
   * instance. `count`: it is kept, and gives responses back, so counts are exact.
   */
  readonly responses: 'leave' | 'count';
  readonly held: HeldBytes;
  /** Counts the requests whose stream was finished. */
  readonly left: LeftRequests;
}

export interface FullDuplexSettings extends Partial<Pick<FullDuplexRules, 'responses'>> {
  /** Take streams that do not say how the gateway is configured for full duplex. Default: no. */
  readonly isAssumed?: boolean;
  /** Default: requests whose stream was finished do not count. */
  readonly left?: LeftRequests;
  /** What bodies may occupy that wait for their decision. Default 64 MiB. */
  readonly heldBytes?: number;
}

export function fullDuplexRules(clock: Clock, settings: FullDuplexSettings = {}): FullDuplexRules {
  const { isAssumed = false, responses = 'leave', heldBytes = 67_108_864 } = settings;
  return {
    unannounced: isAssumed ? { request: true, response: true } : undefined,
    responses,
    held: new HeldBytes(heldBytes),
    left: settings.left ?? new LeftRequests(0, clock),
  };
}
