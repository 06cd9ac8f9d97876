import { conformanceCases } from '../../../tools/conformance/cases/index.ts';
import { checkConformance } from '../../../tools/conformance/conformance.ts';
import {
  type ConformanceFlags,
  conformanceDefaults,
  parseConformanceFlags,
} from '../../../tools/conformance/conformanceOptions.ts';
import { type GatewayMode, gatewayModes } from '../../../tools/conformance/gatewayModes.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { type PickerFault, StandInPicker } from '../../support/standInPicker.ts';

/** The suite against a picker that is not ours: what is right passes, each fault is found. */
checkForLeaks();

const known = conformanceCases.map(({ name }) => name);

async function check(fault: PickerFault | undefined, flags: Partial<ConformanceFlags>) {
  const picker = await new StandInPicker(fault).listen();
  try {
    const parsed = parseConformanceFlags({ ...conformanceDefaults, ...flags, target: picker.address }, known);
    if (parsed.kind === 'problems') throw new Error(parsed.problems.join('; '));
    return await checkConformance(parsed.options);
  } finally {
    picker.close();
  }
}

it.each(gatewayModes)(
  'a picker without a fault passes wholly in the mode %s',
  async (mode) => {
    const { cases, endpoints } = await check(undefined, { mode, timeoutMs: '30000' });
    expect(cases.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(endpoints).toEqual(['10.0.0.1:8000', '10.0.0.2:8000', '10.0.0.3:8000']);
    const needless = cases.filter(({ outcome, received }) => outcome === 'skipped' && /needs/.test(received));
    expect(needless).toEqual([]);
  },
  60_000,
);

const table: readonly (readonly [PickerFault, GatewayMode, string])[] = [
  ['other-metadata', 'full-duplex', 'decision/get'],
  ['no-metadata', 'headers', 'decision/get'],
  ['host-name', 'headers', 'decision/get'],
  ['spaced-list', 'buffered', 'decision/get'],
  ['keeps-client-header', 'headers', 'decision/client-destination'],
  ['skips-value', 'full-duplex', 'decision/value'],
  ['loses-byte', 'full-duplex', 'body/one-piece'],
  ['swaps-pieces', 'full-duplex', 'body/pieces'],
  ['long-pieces', 'full-duplex', 'body/long-message'],
  ['no-end', 'full-duplex', 'body/one-piece'],
  ['end-on-each-piece', 'full-duplex', 'body/pieces'],
  ['empty-body-answers', 'full-duplex', 'body/one-piece'],
  ['body-first', 'full-duplex', 'body/one-piece'],
  ['ignores-trailers', 'full-duplex', 'body/trailers'],
  ['ignores-trailers', 'buffered', 'body/trailers'],
  ['ignores-subset', 'headers', 'subset/list'],
  ['keeps-spaces', 'headers', 'subset/spaces'],
  ['routes-strangers', 'full-duplex', 'subset/unknown'],
  ['fails-strangers', 'headers', 'subset/unknown'],
  ['answers-429', 'buffered', 'subset/empty-list'],
  ['goes-on-after-rejection', 'full-duplex', 'subset/unknown'],
  ['no-readiness', 'headers', 'health/readiness'],
  ['ignores-half-close', 'headers', 'stream/half-close'],
  ['dies-of-garbage', 'headers', 'hostile/garbage'],
  ['leaks-streams', 'headers', 'stream/many-aborts'],
  ['loses-response-end', 'full-duplex', 'response/json'],
  ['drops-response-pieces', 'full-duplex', 'response/sse'],
  ['fails-response-headers', 'buffered', 'response/headers-alone'],
  ['streams-when-buffered', 'buffered', 'body/one-piece'],
  ['clears-body', 'buffered', 'body/pieces'],
  ['fails-response-trailers', 'headers', 'response/trailers-only'],
];

it.each(table)('the fault %s is found in the mode %s by %s', async (fault, mode, only) => {
  // Some faults are an answer that never comes.
  const wrong = await check(fault, { mode, only: [only], timeoutMs: '1000' });
  expect(wrong.cases).toMatchObject([{ name: only, outcome: 'failed' }]);
});
