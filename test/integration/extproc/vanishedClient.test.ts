import { Exchanges } from '../../../src/extproc/exchanges.ts';
import { HealthStatus } from '../../../src/extproc/healthStatus.ts';
import { openExtProcServer } from '../../../src/extproc/openExtProcServer.ts';
import { MemoryLedger } from '../../../src/ledger/memoryLedger.ts';
import { openExchange } from '../../../tools/testbed/extProcClient.ts';
import { until } from '../../../tools/testbed/until.ts';
import { endpoint } from '../../support/endpoints.ts';
import { failOnErrors } from '../../support/failOnErrors.ts';
import { FaultProxy } from '../../support/faultProxy.ts';
import { generousLimits, generousTotalLimits } from '../../support/generousLimits.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { recorderOf } from '../../support/recorderOf.ts';

checkForLeaks();

describe.each(['builtin', 'grpc-js'] as const)('a client that vanishes without FIN (%s)', (kind) => {
  it.each(['to-server', 'to-client'] as const)(
    'is found by keepalive, and nothing is counted for it any more (lost: %s)',
    async (direction) => {
      const ledger = new MemoryLedger();
      const exchanges = new Exchanges({
        onStreamArrived: () => {},
        answersStreams: () => true,
        maxStreams: 100,
        decide: () => ({
          kind: 'route',
          endpoint: endpoint('10.0.0.1:8000'),
          alternates: [],
          policy: 'random',
          candidates: 1,
          reservation: ledger.reserve('10.0.0.1:8000'),
        }),
        retryAfterSeconds: 1,
        nowMs: () => performance.now(),
        recorder: recorderOf(),
      });
      const server = openExtProcServer(kind, {
        acceptStream: (stream) => exchanges.accept(stream),
        health: new HealthStatus({ onCheckArrived: () => {}, takesTraffic: () => true, isFit: () => true }),
        maxMessageBytes: 10_000,
        limits: generousLimits,
        totalLimits: generousTotalLimits,
        errors: failOnErrors,
        keepalive: { keepaliveTimeMs: 500, keepaliveTimeoutMs: 500 },
      });
      const port = await server.listen({ host: '127.0.0.1', port: 0 });
      const proxy = await FaultProxy.start({ host: '127.0.0.1', port });
      try {
        const opened = [await openExchange(proxy.address), await openExchange(proxy.address)];
        expect(ledger.inFlight('10.0.0.1:8000')).toBe(opened.length);
        proxy.fault = { kind: 'loss', direction };
        await until(() => exchanges.open === 0, { what: 'the end of the exchanges' });
        expect(ledger.view().size).toBe(0);
      } finally {
        await proxy.stop();
        await server.close(100);
      }
    },
  );
});
