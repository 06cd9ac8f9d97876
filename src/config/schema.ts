import { z } from 'zod';
import { logLevels } from '../telemetry/log.ts';
import {
  buffersCoverMessages,
  coherentEtcdAccess,
  graceCoversNotice,
  leaveNeedsBuiltin,
  oneToken,
  registeredEndpointsNeedEtcd,
  sharedPort,
} from './crossFieldRules.ts';
import { edsSection } from './edsSection.ts';
import { gateway } from './gatewaySection.ts';
import { limits } from './limitsSection.ts';
import { poolSection } from './poolSection.ts';
import { pools } from './poolsSetting.ts';
import { scheduling } from './schedulingSection.ts';
import { section } from './section.ts';
import { server } from './serverSection.ts';
import { signals } from './signalsSection.ts';
import { etcdTls } from './tlsSections.ts';
import {
  bearerToken,
  etcdEndpoint,
  filePath,
  hostPattern,
  httpUrl,
  keyPart,
  keyPrefix,
  listenAddress,
  milliseconds,
  nameText,
  oneOf,
  text,
  wholeNumber,
} from './validators.ts';

/**
 * Every setting of Baton: its name, form, default and meaning. Help texts, the table of
 * docs/configuration.md and the JSON schema come from here. Nothing here reads a file, the
 * environment or a flag (load.ts does).
 */

const instance = section({
  id: keyPart({ mayBeEmpty: true })
    .default('')
    .describe('Unique name of the instance; empty: host name, process id and a random suffix'),
  release: nameText()
    .default('')
    .describe('Release name in logs, metrics and status; empty: the version of the package'),
  generation: wholeNumber(0)
    .default(0)
    .describe('Order of releases: the highest ready generation takes the traffic'),
  zone: nameText().default('').describe('Failure domain of the instance, for people'),
});

const etcd = section({
  endpoints: z
    .array(etcdEndpoint(), { error: 'a list of etcd URLs' })
    .default([])
    .describe('Members of the etcd cluster; none: a single instance that keeps the load in memory'),
  prefix: keyPrefix().default('/baton/v1').describe('Prefix of all keys'),
  username: text().min(1).exactOptional().describe('User, if etcd requires one'),
  password: text().min(1).exactOptional().describe('Password of the user (better: passwordFile)'),
  passwordFile: filePath().exactOptional().describe('A file whose first line is the password'),
  tls: etcdTls.prefault({}),
  leaseTtlSeconds: wholeNumber(2, 86_400)
    .default(5)
    .describe('Lifetime of the lease: after a crash the counts are removed within this time'),
  requestTimeoutMs: milliseconds(1).default(2000).describe('Timeout of one request to etcd'),
}).superRefine(coherentEtcdAccess);

const sync = section({
  minIntervalMs: milliseconds(1).default(20).describe('Shortest time between two writes of the counts'),
  writesPerSecond: wholeNumber(1)
    .default(500)
    .describe('Writes to etcd of all instances together; with many instances, each writes less often'),
  prefixBytesPerSecond: wholeNumber(0)
    .default(256 * 1024)
    .describe(
      'For prefix: bytes that all instances together write of where prompts went; 0: they share none',
    ),
  staleDecayMs: milliseconds(0)
    .default(30_000)
    .describe("While etcd cannot be followed, peers' last counts decay to zero over this time"),
});

const consistency = section({
  intervalMs: milliseconds(0)
    .default(10_000)
    .describe('Time between two consistency checks of counts, open streams and etcd; 0: no checks'),
});

const startup = section({
  storeWaitMs: milliseconds(0)
    .default(5000)
    .describe('How long the start waits for etcd; then the instance is ready without it, degraded'),
  endpointWaitMs: milliseconds(0)
    .default(10_000)
    .describe('How long the start waits for a ready endpoint; then the instance is ready and answers 503'),
});

const drain = section({
  noticeMs: milliseconds(0)
    .default(3000)
    .describe('Answer new streams at least this long after health is NOT_SERVING'),
  quietMs: milliseconds(0)
    .default(1000)
    .describe('Without a new stream for this long, Envoy has stopped sending'),
  graceMs: milliseconds(0).default(30_000).describe('Accepted requests have this long to finish'),
}).superRefine(graceCoversNotice);

const upgrade = section({
  steering: oneOf(['automatic', 'off'])
    .default('automatic')
    .describe('Newer generations take the traffic, older ones go to standby (needs etcd)'),
  minReady: wholeNumber(1)
    .exactOptional()
    .describe(
      'Ready instances of newer generations before older ones go to standby; default: as many as the older ones',
    ),
  settleMs: milliseconds(0)
    .default(2000)
    .describe("How long the newer generation must be ready first; longer than Envoy's health check interval"),
  handoffTtlMs: milliseconds(0)
    .default(60_000)
    .describe('Counts of requests that outlive their instance decay over this time; 0: at once'),
});

const admin = section({
  address: listenAddress({ orOff: true })
    .default('127.0.0.1:9090')
    .describe('Address of health, state and metrics over HTTP, or off; workers use the ports from here on'),
  allowedHosts: z
    .array(hostPattern(), { error: 'a list of host names' })
    .default([])
    .describe(
      'Names by which clients may call it, beside IP addresses and localhost; .example.com: all below that',
    ),
  token: bearerToken()
    .exactOptional()
    .describe(
      'Who sends it may pin a generation, change dynamic settings and drain; none: no one by this port (better: tokenFile)',
    ),
  tokenFile: filePath().exactOptional().describe('A file whose first line is the token'),
}).superRefine(oneToken);

const telemetry = section({
  logLevel: oneOf(logLevels).default('info').describe('The least severe log lines to write'),
  otlpEndpoint: httpUrl()
    .exactOptional()
    .describe('OTLP/HTTP endpoint for traces and metrics; without it, none are sent'),
});

export const configSchema = section({
  server: server.prefault({}),
  instance: instance.prefault({}),
  pool: poolSection.prefault({}),
  pools,
  eds: edsSection.prefault({}),
  gateway: gateway.prefault({}),
  scheduling: scheduling.prefault({}),
  signals: signals.prefault({}),
  etcd: etcd.prefault({}),
  sync: sync.prefault({}),
  consistency: consistency.prefault({}),
  startup: startup.prefault({}),
  drain: drain.prefault({}),
  upgrade: upgrade.prefault({}),
  admin: admin.prefault({}),
  limits: limits.prefault({}),
  telemetry: telemetry.prefault({}),
})
  .superRefine(registeredEndpointsNeedEtcd, { when: () => true })
  .superRefine(sharedPort, { when: () => true })
  .superRefine(leaveNeedsBuiltin, { when: () => true })
  .superRefine(buffersCoverMessages, { when: () => true });

/**
 * The whole configuration, every default filled in. Durations are milliseconds where names end in
 * Ms.
 */
export type Config = DeepReadonly<z.output<typeof configSchema>>;

/** Settings whose values are never shown. */
export const secretPaths: ReadonlySet<string> = new Set(['etcd.password', 'admin.token']);

/** Settings that may hold a password or a token inside a URL, which are not shown either. */
export const urlPaths: ReadonlySet<string> = new Set([
  'etcd.endpoints',
  'pool.probe.path',
  'telemetry.otlpEndpoint',
]);

/**
 * Settings that the dynamic configuration may hold: what a whole fleet may have to change at once,
 * read at each use. No rule relates one of them to another setting, so each can be validated alone.
 */
export const dynamicPaths = [
  'scheduling.policy',
  'scheduling.allowRequestPolicy',
  'scheduling.unknownPolicy',
  'sync.minIntervalMs',
  'sync.writesPerSecond',
  'telemetry.logLevel',
] as const;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
