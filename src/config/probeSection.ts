import { section } from './section.ts';
import { boolean, milliseconds, slashPath, wholeNumber } from './validators.ts';

/** The settings of `pool.probe`. */
export const probe = section({
  enabled: boolean().default(true).describe('Probe the health of each endpoint'),
  path: slashPath().default('/health').describe('HTTP path that answers 2xx when the endpoint is healthy'),
  intervalMs: milliseconds(10).default(1000).describe('Time between two probes of an endpoint'),
  timeoutMs: milliseconds(1).default(500).describe('Timeout of one probe'),
  maxTimeoutMs: milliseconds(1)
    .default(3000)
    .describe('For an endpoint that usually answers late: three times its usual time, at most this'),
  healthyThreshold: wholeNumber(1).default(1).describe('Successful probes in a row that make it healthy'),
  unhealthyThreshold: wholeNumber(1).default(2).describe('Failed probes in a row that make it unhealthy'),
  panicPercent: wholeNumber(0, 100)
    .default(50)
    .describe(
      'While fewer than this share pass their probes, those that answer requests stay in use, else all that may live; 0: never',
    ),
});
