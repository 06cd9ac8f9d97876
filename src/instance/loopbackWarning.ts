import { existsSync } from 'node:fs';
import { splitHostPort } from '../hostPort.ts';
import type { Log } from '../telemetry/log.ts';

/** What container engines and Kubernetes leave in a container. */
const containerFiles = ['/.dockerenv', '/run/.containerenv', '/var/run/secrets/kubernetes.io'];

/** Warns of a port that nothing outside of this container can reach. */
export function warnOfLoopback(address: string, log: Log): void {
  const { host } = splitHostPort(address);
  if (!isLoopback(host) || !isInContainer()) return;
  log.warn(
    { event: 'listen.loopback-only', address },
    'the port is reachable within this container or pod only; for others set server.address (BATON_SERVER_ADDRESS) to [::]:9002',
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function isInContainer(): boolean {
  return process.pid === 1 || containerFiles.some((file) => existsSync(file));
}
