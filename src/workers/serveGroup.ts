import { performance } from 'node:perf_hooks';
import type { Config } from '../config/schema.ts';
import { openProcessLog } from '../telemetry/processLog.ts';
import { openListener } from './listener.ts';
import { workerConfig } from './workerConfig.ts';
import { WorkerGroup } from './workerGroup.ts';
import { WorkerProcess } from './workerProcess.ts';

/**
 * Serves one port with several workers until it is told to stop: SIGTERM or SIGINT drains all of them, a
 * second one ends the drain. This process decides nothing and reads no request.
 *
 * @param mainFile what a worker runs
 * @returns the exit code
 * @throws ListenError when the port is taken
 */
export async function serveGroup(config: Config, mainFile: string): Promise<number> {
  const { instance, server, telemetry } = config;
  const processLog = openProcessLog({ level: telemetry.logLevel, instance });
  const { log } = processLog;
  const nowMs = (): number => performance.now();

  const door = await openListener(server.address, (socket) => {
    // A client that goes before it is handed out.
    socket.on('error', () => {});
    group.dispatch(socket);
  });
  const group = new WorkerGroup({
    size: server.workers,
    start: (nth, listeners) =>
      new WorkerProcess({
        mainFile,
        config: workerConfig(config, nth, door.address),
        nowMs,
        ...listeners,
      }),
    nowMs,
    log,
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => group.drain());
  log.info({ addresses: [door.address], workers: server.workers }, 'listening for the workers');
  group.start();
  const exitCode = await group.ended;
  door.close();
  await processLog.close();
  return exitCode;
}
