import type { Config } from '../config/schema.ts';
import { loadExtensions } from '../extensions/loadExtensions.ts';
import { startTelemetry } from '../telemetry/telemetry.ts';
import { connectParts } from './connect.ts';
import type { Host } from './host.ts';
import { createParts, type InstanceParts } from './parts.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';
import { onAbort } from './stopSignals.ts';
import { handleUncaughtErrors, type UncaughtErrorHandler } from './uncaughtErrors.ts';

/**
 * One life of an instance: starts it, waits until its host asks for a drain, drains and stops it.
 *
 * @param setUncaughtErrorHandler gives errors that no caller handles to a function
 * @throws BatonError when it cannot start
 */
export async function serve(
  config: Config,
  host: Host,
  setUncaughtErrorHandler: (handler: UncaughtErrorHandler) => void,
): Promise<void> {
  const extensions = await loadExtensions(config.scheduling.extensions);
  const telemetry = await startTelemetry({ ...config.telemetry, instance: config.instance });
  const { log } = telemetry;
  let parts: InstanceParts;
  try {
    parts = createParts(config, telemetry, host.portHealth, extensions);
  } catch (error) {
    await telemetry.stop();
    throw error;
  }
  const { errors, pools } = parts;
  const onStoreClientFailed = (): void => {
    for (const { sharing } of pools) {
      if (sharing.kind === 'etcd') sharing.store.rejoin('an exception in the client of etcd');
    }
  };
  setUncaughtErrorHandler(handleUncaughtErrors({ log, errors, onStoreClientFailed }));
  connectParts(parts, host);
  host.onIgnoredSignal((signal) => log.info({ event: 'signal.ignored', signal }, 'signal ignored'));
  onAbort(host.forceStop, (reason) => log.warn({ event: 'drain.forced', reason }, reason));
  try {
    await start(parts, host);
    const reason = await new Promise<string>((resolve) => onAbort(host.drain, resolve));
    log.info({ event: 'drain.requested', reason }, reason);
    await parts.instanceDrain.run(reason, host.forceStop);
  } finally {
    await stop(parts);
    await telemetry.stop();
  }
}
