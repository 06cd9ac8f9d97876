import type { ForeignProtocol, OnForeignProtocol } from '../grpc/foreignProtocol.ts';
import type { Log } from '../telemetry/log.ts';
import { LogIntervals } from '../telemetry/logInterval.ts';

/** Clients retry without end, so one line for each protocol in this time is enough. */
const logIntervalMs = 60_000;

const remedies: Readonly<Record<ForeignProtocol, string>> = {
  tls: 'the client speaks TLS to a port without TLS: set server.tls, or use plain text in the client',
  'plain-text': 'the client speaks plain text to a port with TLS: use TLS in the client, or unset server.tls',
  'http/1': 'the client speaks HTTP/1 to the gRPC port: use HTTP/2 in the client, or the admin port',
  'proxy-protocol':
    'a load balancer sends the PROXY protocol, which this port does not read: turn it off there',
  unknown: 'the client does not speak HTTP/2: check what connects to this port',
};

/** Logs which other protocol clients speak, and what to do about it. */
export function foreignProtocolLog(log: Log): OnForeignProtocol {
  const intervals = new LogIntervals<ForeignProtocol>(logIntervalMs);
  return (protocol) => {
    intervals.log(protocol, (suppressed) => {
      const remedy = remedies[protocol];
      log.warn(
        { event: 'connection.foreign-protocol', protocol, remedy, suppressed },
        'client is not understood',
      );
    });
  };
}
