import type { OperatorAction, OperatorRequest } from '../admin/operator/operatorRequest.ts';
import type { OperatorSource } from '../admin/operator/routes.ts';
import { TokenCheck } from '../admin/operator/tokenCheck.ts';
import { readFirstLineSync } from '../boundedFile.ts';
import { systemClock } from '../clock.ts';
import { dynamicPaths } from '../config/schema.ts';
import { valueAt } from '../config/valueAt.ts';
import {
  changeSettings,
  clearSettings,
  requireValidSettings,
  withoutSettings,
  withSettings,
} from '../dynamic/changeSettings.ts';
import { BatonError } from '../errors.ts';
import type { EtcdClient } from '../etcd/client.ts';
import { withEtcd } from '../etcd/withEtcd.ts';
import { bearerTokenForm } from '../nameForms.ts';
import { choosePin, chooseRollback } from '../steering/fleet.ts';
import { pinGeneration, readFleet, releaseGeneration } from '../steering/pinGeneration.ts';
import { LogIntervals } from '../telemetry/logInterval.ts';
import type { Host } from './host.ts';
import type { InstanceParts } from './parts.ts';
import type { PoolParts } from './poolParts.ts';

/** Clients can send wrong tokens at any rate. */
const refusalLogMs = 10_000;

type StoredAction = Exclude<OperatorAction, { kind: 'drain' }>;

/** What an operator may change of each pool; undefined where no token is configured. */
export function operatorSources(
  parts: InstanceParts,
  host: Host,
): (pool: PoolParts) => OperatorSource | undefined {
  const { config, telemetry } = parts;
  const { token, tokenFile } = config.admin;
  if (token === undefined) return () => undefined;
  const refusals = new LogIntervals<string>(refusalLogMs);
  const tokens = new TokenCheck(
    () => (tokenFile === undefined ? token : tokenIn(tokenFile)),
    () => systemClock.nowMs(),
  );
  return (pool) => ({
    tokens,
    settings: () =>
      Object.fromEntries(dynamicPaths.map((path) => [path, valueAt(pool.dynamic.config, path)])),
    carryOut: (request) => carryOutAndLog(parts.pools, pool, host, request),
    onRefused: (remoteAddress, why) => {
      refusals.log(why, (suppressed) => {
        telemetry.log.warn(
          { event: 'operator.refused', remoteAddress, why, suppressed },
          'request of an operator refused for its token',
        );
      });
    },
  });
}

/** @param pools a drain is of all of them, the rest of one */
async function carryOutAndLog(
  pools: readonly PoolParts[],
  pool: PoolParts,
  host: Host,
  request: OperatorRequest,
): Promise<string> {
  const { action, operator, reason, remoteAddress } = request;
  const { kind, ...given } = action;
  const asked = { action: kind, ...loggable(given), operator, reason, remoteAddress };
  const { log } = pool;
  try {
    const done = await carryOut(pool, host, request);
    log.info({ event: 'operator.request-done', ...asked, done }, 'request of an operator carried out');
    const concerned = kind === 'drain' ? pools : [pool];
    for (const { events } of concerned) events.add('operator', `${operator}: ${done} (${reason})`, asked);
    return done;
  } catch (cause) {
    log.warn({ event: 'operator.request-failed', ...asked, cause }, 'request of an operator failed');
    throw cause;
  }
}

async function carryOut(
  { config, lifecycle }: PoolParts,
  host: Host,
  { action, operator, reason }: OperatorRequest,
): Promise<string> {
  const note = `${operator}: ${reason}`;
  if (action.kind === 'drain') {
    if (host.drain.aborted)
      throw new BatonError('change-refused', `this instance is ${lifecycle.phase} already`);
    host.requestDrain(`drain asked for by ${note}`);
    return `${config.instance.id} drains, and stops`;
  }
  if (config.etcd.endpoints.length === 0)
    throw new BatonError('change-refused', 'no etcd is configured: there is nothing that instances share');
  return withEtcd(config, (client) => change(client, action, config.pool.name, note));
}

/** As the commands `baton upgrade` and `baton dynamic` do it. */
async function change(client: EtcdClient, action: StoredAction, pool: string, note: string): Promise<string> {
  switch (action.kind) {
    case 'upgrade/pin':
      return pinGeneration(client, choosePin(await readFleet(client, pool), action.generation), note);
    case 'upgrade/rollback':
      return pinGeneration(client, chooseRollback(await readFleet(client, pool)), note);
    case 'upgrade/release':
      return releaseGeneration(client);
    case 'dynamic/set':
      requireValidSettings(action.settings);
      return changeSettings(client, withSettings(action.settings), note);
    case 'dynamic/unset':
      return changeSettings(client, withoutSettings(action.names), note);
    case 'dynamic/clear':
      return clearSettings(client);
    default:
      return action satisfies never;
  }
}

/** A file that is removed, or holds no token, revokes the last one. */
function tokenIn(file: string): string | undefined {
  const line = readFirstLineSync(file);
  return line !== undefined && bearerTokenForm.test(line) ? line : undefined;
}

/** A Map is no JSON. */
function loggable(given: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      value instanceof Map ? Object.fromEntries(value) : value,
    ]),
  );
}
