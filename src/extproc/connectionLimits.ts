import type { OnReachedLimit, ReachedLimit } from '../grpc/http2/limits.ts';
import type { Log } from '../telemetry/log.ts';
import { LogIntervals } from '../telemetry/logInterval.ts';
import type { ExtprocMetrics } from './metrics.ts';

/** Clients reconnect without end, so one line for each limit in this time is enough. */
const logIntervalMs = 60_000;

const remedies: Readonly<Record<ReachedLimit, string>> = {
  connections:
    'limits.connections is reached, so one without a stream was closed, or a new one was refused: ' +
    'check what connects to this port',
  bufferBytes:
    'clients made this instance hold more than limits.bufferBytes, and the one that held most was closed: ' +
    'check what connects to this port',
  deadline:
    'a client began something and did not finish it (the preface, a frame, a header block), and was closed: ' +
    'check what connects to this port',
  rate:
    'a client did more than limits.connection allows, or asks for more than it reads, and was closed: ' +
    'check what connects to this port',
};

/** Counts the connections that a limit ended or refused, and logs which limit it was. */
export function reportReachedLimits(
  log: Log,
  metrics: Pick<ExtprocMetrics, 'connectionsLimited'>,
): OnReachedLimit {
  const intervals = new LogIntervals<ReachedLimit>(logIntervalMs);
  return (limit) => {
    metrics.connectionsLimited.add(limit);
    intervals.log(limit, (suppressed) => {
      const remedy = remedies[limit];
      log.warn(
        { event: 'connection.limited', limit, remedy, suppressed },
        'connection closed or refused by a limit',
      );
    });
  };
}
