import { systemClock } from '../../../src/clock.ts';
import { fullDuplexRules } from '../../../src/extproc/fullDuplex/fullDuplexRules.ts';
import { conformanceCases } from '../../../tools/conformance/cases/index.ts';
import { checkConformance } from '../../../tools/conformance/conformance.ts';
import {
  type ConformanceFlags,
  conformanceDefaults,
  parseConformanceFlags,
} from '../../../tools/conformance/conformanceOptions.ts';
import type { GatewayMode } from '../../../tools/conformance/gatewayModes.ts';
import { endpoint } from '../../support/endpoints.ts';
import { eventually } from '../../support/eventually.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { SchedulingServer, type SchedulingServerOptions } from '../../support/schedulingServer.ts';

/** Baton passes the suite for endpoint pickers, however a gateway is configured. */
checkForLeaks();

const known = conformanceCases.map(({ name }) => name);
/** The models differ, so decisions wait for bodies; each endpoint serves the one that they name. */
const ready = ['b', 'c', 'd'].map((model, nth) => ({
  ...endpoint(`10.0.0.${nth + 1}:8000`),
  models: ['a', model],
}));

const count = { fullDuplex: fullDuplexRules(systemClock, { responses: 'count' }) };
const assumed = { fullDuplex: fullDuplexRules(systemClock, { isAssumed: true }) };

const table: readonly (readonly [string, GatewayMode, Partial<ConformanceFlags>, SchedulingServerOptions])[] =
  [
    ['and leaves responses alone', 'full-duplex', {}, {}],
    ['and gives responses back', 'full-duplex', {}, count],
    ['and the gateway does not say so', 'full-duplex', { unannounced: true }, assumed],
    ['and bodies decide', 'full-duplex', { model: 'a' }, { ready }],
    ['', 'buffered', {}, {}],
    ['and bodies decide', 'buffered', { model: 'a' }, { ready }],
    ['', 'headers', {}, {}],
    ['and bodies decide', 'headers', { model: 'a' }, { ready }],
  ];

describe.each(['builtin', 'grpc-js'] as const)('over %s', (kind) => {
  it.each(table)(
    '%s, every case passes in the mode %s',
    async (what, mode, flags, options) => {
      // 20 MB take a second: tried on the server that is used, with and without responses.
      const skip = kind === 'builtin' && what.includes('responses') ? [] : ['body/20-mb'];
      const baton = await new SchedulingServer(kind, options).listen();
      try {
        const target = baton.address;
        const parsed = parseConformanceFlags(
          { ...conformanceDefaults, timeoutMs: '30000', mode, ...flags, target, skip },
          known,
        );
        if (parsed.kind === 'problems') throw new Error(parsed.problems.join('; '));
        const { cases } = await checkConformance(parsed.options);
        expect(cases.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
        expect(cases.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(35);
        await eventually(() => expect(baton.exchanges.open).toBe(0));
        expect(baton.ledger.view().size).toBe(0);
      } finally {
        await baton.server.close(500);
      }
    },
    60_000,
  );
});
