import { type Clock as AnyClock, systemClock as anySystemClock } from '../../src/clock.ts';

/** The clock of podsim. Injected, so that a test decides when a token is due. */
export interface PodClock extends AnyClock {
  /** Seconds since 1970, for the `created` fields. */
  unixSeconds(): number;
}

export const podClock: PodClock = {
  ...anySystemClock,
  unixSeconds: () => Math.floor(Date.now() / 1000),
};
