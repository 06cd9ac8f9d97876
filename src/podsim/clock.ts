import { type Clock as AnyClock, systemClock as anySystemClock } from '../clock.ts';

/** Time as podsim needs it. Injected, so that a test decides when a token is due. */
export interface Clock extends AnyClock {
  /** Seconds since 1970, for the `created` fields. */
  unixSeconds(): number;
}

export const systemClock: Clock = {
  ...anySystemClock,
  unixSeconds: () => Math.floor(Date.now() / 1000),
};
