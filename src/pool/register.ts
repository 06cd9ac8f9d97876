import { EtcdSession, type EtcdSessionOptions } from '../etcd/etcdSession.ts';
import { stateCodecs } from '../proto/stateCodecs.ts';
import type { Log } from '../telemetry/log.ts';
import { formatEndpointProblems } from './endpointProblems.ts';
import { keepRegistered } from './keepRegistered.ts';
import { type RegisterFlags, readRegistration } from './registration.ts';

/** `baton register`: a sidecar that keeps its pod in the pool, from its start to SIGTERM or SIGINT. */
export interface RegisterOptions extends RegisterFlags {
  readonly store: EtcdSessionOptions;
  readonly log: Log;
}

const exitUsage = 64;

/** Answers the exit code: 0 when the record is taken back, 64 for wrong flags, which are told of on stderr. */
export async function register({ store, log, ...flags }: RegisterOptions): Promise<number> {
  const read = readRegistration(flags);
  if (read.kind === 'problems') {
    process.stderr.write(`baton register: ${formatEndpointProblems(read.problems)}\n`);
    return exitUsage;
  }
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, onSignal);
  try {
    await keepRegistered(read.registration, {
      openStore: () => new EtcdSession(store),
      encode: ({ models, ...endpoint }) =>
        stateCodecs.registeredEndpoint.encode({ ...endpoint, models: [...models] }),
      log,
      signal: stop.signal,
    });
  } finally {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, onSignal);
  }
  return 0;
}
