import { longestTimerMs } from '../../clock.ts';
import { stateCodecs } from '../stateCodecs.ts';
import { judgeAddress, judgeDate, judgeNumber, mostInFlight } from './fields.ts';

/** The counts of requests that go on after their instance has stopped. */
export interface Handoff {
  /** By address. */
  readonly counts: ReadonlyMap<string, number>;
  readonly handedOffUnixMs: number;
  /** How long they count, with a weight that falls linearly. */
  readonly ttlMs: number;
}

export function encodeHandoff({ counts, handedOffUnixMs, ttlMs }: Handoff): Uint8Array {
  return stateCodecs.handoff.encode({
    loads: [...counts].map(([address, inFlight]) => ({ address, in_flight: inFlight })),
    handed_off_unix_ms: handedOffUnixMs,
    ttl_ms: ttlMs,
  });
}

/** @throws Error when the bytes are not such a record, or a field of it is absurd */
export function decodeHandoff(value: Uint8Array): Handoff {
  const { loads, handed_off_unix_ms, ttl_ms } = stateCodecs.handoff.decode(value);
  return {
    counts: new Map(
      loads.map(({ address, in_flight }) => [
        judgeAddress('address', address),
        judgeNumber('in_flight', in_flight, mostInFlight),
      ]),
    ),
    handedOffUnixMs: judgeDate('handed_off_unix_ms', handed_off_unix_ms),
    // As long as the setting `upgrade.handoffTtlMs` can be.
    ttlMs: judgeNumber('ttl_ms', ttl_ms, longestTimerMs),
  };
}
