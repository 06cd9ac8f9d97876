import { type Command, InvalidArgumentError } from 'commander';
import { type ConfigFlags, collect } from '../config/flags.ts';
import { hasControlCharacters } from '../controlCharacters.ts';

/** For commands that run, check or show an instance's configuration. */
export function addConfigFlags(command: Command): Command {
  return addStoreFlags(command)
    .option('--address <host:port>', 'where Envoy reaches the scheduler (server.address)')
    .option('--admin <host:port|off>', 'health, state and metrics over HTTP (admin.address)')
    .option('--workers <number>', 'processes that share the port (server.workers)')
    .option('--endpoint <address>', 'an endpoint to choose from, repeatable (pool.endpoints)', collect)
    .option('--release <name>', 'what is running, as shown to people (instance.release)')
    .option('--generation <number>', 'orders releases (instance.generation)')
    .option('--policy <name>', 'how an endpoint is chosen (scheduling.policy)');
}

/** For commands that only need to find etcd, the pool in it and how to log. */
export function addStoreFlags(command: Command): Command {
  return command
    .option('-c, --config <file>', 'YAML file of settings (also: BATON_CONFIG)')
    .option('--etcd <url>', 'a member of the etcd cluster, repeatable (etcd.endpoints)', collect)
    .option('--pool <name>', 'the pool (pool.name), or one of several (pools)')
    .option('--log-level <level>', 'the least severe log lines to write (telemetry.logLevel)')
    .option('--set <setting=value>', 'any other setting, repeatable', collect);
}

export type ReasonFlags = ConfigFlags & { readonly reason: string };

/** For commands that change a record which people read. */
export function addReasonFlags(command: Command): Command {
  return addStoreFlags(command).option('--reason <text>', 'shown to people', readReason, '');
}

/** As long as a text for people in a record may be. */
const longestReason = 1_024;

function readReason(text: string): string {
  if (text.length > longestReason) throw new InvalidArgumentError(`at most ${longestReason} characters`);
  if (hasControlCharacters(text)) throw new InvalidArgumentError('one line, without control characters');
  return text;
}
