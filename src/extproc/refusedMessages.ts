import type { Log } from '../telemetry/log.ts';
import { LogInterval } from '../telemetry/logInterval.ts';
import type { ExtprocMetrics } from './metrics.ts';
import type { RepeatedFailuresOptions } from './repeatedFailures.ts';

/** There may be many kinds of messages. */
const logIntervalMs = 1_000;

/** Counts messages that are refused because ones like them failed, and logs when that begins. */
export function reportRefusedMessages(
  log: Log,
  metrics: Pick<ExtprocMetrics, 'messagesRefused'>,
): Pick<RepeatedFailuresOptions, 'onBegin' | 'onRefused'> {
  const interval = new LogInterval(logIntervalMs);
  return {
    onRefused: () => metrics.messagesRefused.add(),
    onBegin: ({ bytes, forMs }) =>
      interval.log((suppressed) => {
        log.error(
          { event: 'message.refusing', bytes, forMs, suppressed },
          'messages like one that failed repeatedly are refused for a while',
        );
      }),
  };
}
