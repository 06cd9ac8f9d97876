import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { cuts, frameSequence, mutatedRecording, survive } from '../support/fuzzHttp2.ts';

/** `FUZZ_SECONDS=600 npm run fuzz` runs for longer. */
const seconds = Number(process.env.FUZZ_SECONDS ?? 0);
const effort =
  seconds > 0
    ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: (seconds * 1000) / 2 }
    : { numRuns: 1000 };
const timeoutMs = 60_000 + seconds * 1000;

/** Lets the connection's microtasks and callbacks run, so that they do not accumulate. */
async function surviveAndYield(bytes: Buffer, chunkLengths: readonly number[]): Promise<void> {
  survive(bytes, chunkLengths);
  await turn();
}

describe('whatever bytes arrive, each stream ends once and nothing is thrown', () => {
  it(
    'for frames in any order',
    () => fc.assert(fc.asyncProperty(frameSequence, cuts, surviveAndYield), effort),
    timeoutMs,
  );

  it(
    'for recordings with bytes changed, removed and doubled',
    () => fc.assert(fc.asyncProperty(mutatedRecording, cuts, surviveAndYield), effort),
    timeoutMs,
  );
});
