import fc from 'fast-check';
import { cuts, frameSequence, mutatedRecording, survive } from '../support/fuzzHttp2.ts';

/** `FUZZ_SECONDS=600 npm run fuzz` runs for longer. */
const seconds = Number(process.env.FUZZ_SECONDS ?? 0);
const effort =
  seconds > 0
    ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: (seconds * 1000) / 2 }
    : { numRuns: 1000 };
const patienceMs = 60_000 + seconds * 1000;

describe('whatever bytes come, each stream ends once and nothing is thrown', () => {
  it(
    'for frames in any order',
    () => fc.assert(fc.property(frameSequence, cuts, survive), effort),
    patienceMs,
  );

  it(
    'for recordings with bytes changed, lost and doubled',
    () => fc.assert(fc.property(mutatedRecording, cuts, survive), effort),
    patienceMs,
  );
});
