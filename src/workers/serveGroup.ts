import { systemClock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import { HealthPort } from '../instance/healthPort.ts';
import { warnOfLoopback } from '../instance/loopbackWarning.ts';
import { onAbort, type StopSignals } from '../instance/stopSignals.ts';
import { openProcessLog } from '../telemetry/processLog.ts';
import { openListener } from './listener.ts';
import { workerConfig } from './workerConfig.ts';
import { WorkerGroup } from './workerGroup.ts';
import { WorkerProcess } from './workerProcess.ts';

export interface ServeGroupOptions {
  readonly config: Config;
  /** The file that a worker process runs. */
  readonly mainFile: string;
  readonly signals: StopSignals;
}

/**
 * Serves one port with several workers until a signal stops them. This process makes no decisions
 * and reads no requests.
 *
 * @returns the exit code
 * @throws BatonError `listen-failed`
 */
export async function serveGroup({ config, mainFile, signals }: ServeGroupOptions): Promise<number> {
  const { instance, server, telemetry } = config;
  const { log, close } = openProcessLog({ level: telemetry.logLevel, instance });
  const { nowMs } = systemClock;
  const group = new WorkerGroup({
    size: server.workers,
    startWorker: (nth, address, listeners) =>
      new WorkerProcess({ mainFile, config: workerConfig(config, nth, address), nowMs, ...listeners }),
    nowMs,
    log,
    onHealthChanged: () => healthPort.changed(),
    onDrainRequested: (reason) => signals.requestDrain(reason),
  });
  const healthPort = new HealthPort({
    address: server.healthAddress,
    transport: server.transport,
    takesTraffic: () => group.health.takesTraffic,
    isFit: () => group.health.isFit,
    onCheckArrived: () => {},
    onUnexpectedError: (cause, where) => {
      log.error({ event: 'error.unexpected', where, cause }, 'unexpected error');
    },
  });
  await healthPort.open();
  const listener = await openListener(server.address, (socket) => {
    // Its client may close it before it is dispatched.
    socket.on('error', () => {});
    group.dispatch(socket);
  });
  log.info(
    {
      event: 'group.listening',
      addresses: [listener.address],
      health: healthPort.address,
      workers: server.workers,
    },
    'listening',
  );
  warnOfLoopback(listener.address, log);
  group.start(listener.address);
  signals.onIgnored((signal) => log.info({ event: 'signal.ignored', signal }, 'signal ignored'));
  onAbort(signals.drain, (reason) => {
    log.info({ event: 'drain.requested', reason }, reason);
    group.drain(reason);
  });
  onAbort(signals.forceStop, (reason) => {
    log.warn({ event: 'drain.forced', reason }, reason);
    group.forceStop(reason);
  });
  const exitCode = await group.ended;
  listener.close();
  await healthPort.close();
  await close();
  return exitCode;
}
