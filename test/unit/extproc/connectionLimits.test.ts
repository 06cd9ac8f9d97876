import { reportReachedLimits } from '../../../src/extproc/connectionLimits.ts';
import { extprocMetrics } from '../../../src/extproc/metrics.ts';
import { reachedLimits } from '../../../src/grpc/http2/limits.ts';
import { createInstruments } from '../../../src/telemetry/instruments.ts';
import { silentLog } from '../../../src/telemetry/log.ts';

describe('connections that a limit closes', () => {
  it('are counted by the limit, and the first of each is logged with a remedy', () => {
    const lines: object[] = [];
    const { connectionsLimited } = createInstruments(extprocMetrics);
    const log = { ...silentLog, warn: (fields: object) => lines.push(fields) };
    const report = reportReachedLimits(log, { connectionsLimited });
    for (const limit of [...reachedLimits, ...reachedLimits]) report(limit);
    for (const limit of reachedLimits) expect(connectionsLimited.of(limit)).toBe(2);
    expect(lines).toEqual(
      reachedLimits.map((limit) => ({
        event: 'connection.limited',
        limit,
        remedy: expect.stringContaining(': check what connects to this port'),
        suppressed: 0,
      })),
    );
  });
});
