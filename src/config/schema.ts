import { z } from 'zod';
import { policyNames } from '../scheduling/policy.ts';
import { logLevels } from '../telemetry/log.ts';
import {
  coherentEtcdAccess,
  distinctEndpoints,
  graceCoversNotice,
  registeredEndpointsNeedEtcd,
  sharedPort,
  wholeEtcdIdentity,
  wholeServerIdentity,
} from './crossFieldRules.ts';
import { endpointSetting } from './endpointSchema.ts';
import {
  boolean,
  etcdEndpoint,
  filePath,
  headerName,
  httpUrl,
  keyPart,
  keyPrefix,
  listenAddress,
  milliseconds,
  oneOf,
  slashPath,
  text,
  wholeNumber,
} from './validators.ts';

/**
 * Every setting of Baton: its name, form, default and meaning. Help texts, the table of docs/configuration.md and
 * the JSON schema come from here. Nothing here reads a file, the environment or a flag (load.ts does).
 */

/** A part of the tree: every setting in it has a default, so the part may be left out; unknown keys are problems. */
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? 'a mapping of settings' : undefined),
  });
}

const serverTls = section({
  certFile: filePath()
    .exactOptional()
    .describe(
      'Certificate of the server, with its chain (PEM), read again when it changes; none: plain text',
    ),
  keyFile: filePath().exactOptional().describe('Key of the certificate (PEM)'),
  clientCaFile: filePath()
    .exactOptional()
    .describe('Only clients with a certificate of these authorities are let in (PEM)'),
}).superRefine(wholeServerIdentity);

const server = section({
  address: listenAddress({ orOff: false })
    .default('127.0.0.1:9002')
    .describe('Where Envoy reaches the scheduler (ext_proc and gRPC health)'),
  transport: oneOf(['builtin', 'grpc-js'])
    .default('builtin')
    .describe('What speaks gRPC: our own server, or grpc-js'),
  workers: wholeNumber(1, 64)
    .default(1)
    .describe('Processes that share the port, each an instance of its own (needs etcd and builtin)'),
  maxMessageBytes: wholeNumber(1024, 2_147_483_647)
    .default(4 * 1024 * 1024)
    .describe('The largest message taken from Envoy'),
  tls: serverTls.prefault({}),
});

const instance = section({
  id: keyPart({ mayBeEmpty: true })
    .default('')
    .describe('Name among its peers; empty: made from host name, process id and chance'),
  release: text().default('').describe("What is running, as shown to people; empty: the package's version"),
  generation: wholeNumber(0).default(0).describe('Orders releases: a newer generation takes the traffic'),
  zone: text().default('').describe('Where it runs'),
});

const probe = section({
  enabled: boolean().default(true).describe('Ask each endpoint whether it is healthy'),
  path: slashPath().default('/health').describe('HTTP path that answers 200 when the endpoint is healthy'),
  intervalMs: milliseconds(10).default(1000).describe('Time between two probes of an endpoint'),
  timeoutMs: milliseconds(1).default(500).describe('How long a probe may take'),
  healthyThreshold: wholeNumber(1).default(1).describe('Good probes in a row that make it healthy'),
  unhealthyThreshold: wholeNumber(1).default(2).describe('Failed probes in a row that make it unhealthy'),
});

const pool = section({
  name: keyPart({ mayBeEmpty: false }).default('default').describe('Instances of one pool share their load'),
  endpoints: z
    .array(endpointSetting, { error: 'a list of endpoints' })
    .superRefine(distinctEndpoints, { when: ({ value }) => Array.isArray(value) })
    .default([])
    .describe('Endpoints listed here: addresses, or mappings with address, weight, labels, models, slots'),
  file: filePath().exactOptional().describe('A YAML file of endpoints, read again whenever it changes'),
  etcd: boolean().default(false).describe('Use the endpoints registered in etcd'),
  dnsRefreshMs: milliseconds(100).default(5000).describe('Time between two look-ups of a host name'),
  probe: probe.prefault({}),
});

const scheduling = section({
  policy: oneOf(policyNames).default('least-request').describe('How an endpoint is chosen'),
  allowRequestPolicy: boolean().default(true).describe('Let a request name its policy in routing-strategy'),
  unknownPolicy: oneOf(['reject', 'default'])
    .default('reject')
    .describe('A request that names an unknown policy: reject it, or use the default'),
  destinationHeaders: z
    .array(headerName(), { error: 'a list of header names' })
    .default([])
    .describe('Further headers that carry the chosen address, such as target-pod'),
  retryAfterSeconds: wholeNumber(0).default(1).describe('retry-after of a 503'),
});

const etcdTls = section({
  caFile: filePath().exactOptional().describe('Certificate authority of etcd (PEM)'),
  certFile: filePath().exactOptional().describe('Client certificate (PEM)'),
  keyFile: filePath().exactOptional().describe('Key of the client certificate (PEM)'),
}).superRefine(wholeEtcdIdentity);

const etcd = section({
  endpoints: z
    .array(etcdEndpoint(), { error: 'a list of etcd URLs' })
    .default([])
    .describe('Members of the etcd cluster; none: the load is kept in memory, for a single instance'),
  prefix: keyPrefix().default('/baton/v1').describe('All keys are below it'),
  username: text().min(1).exactOptional().describe('User, if etcd asks for one'),
  password: text().min(1).exactOptional().describe('Its password (better: passwordFile)'),
  passwordFile: filePath().exactOptional().describe('A file whose first line is the password'),
  tls: etcdTls.prefault({}),
  leaseTtlSeconds: wholeNumber(2).default(5).describe('After a crash the counts vanish within this time'),
  requestTimeoutMs: milliseconds(1).default(2000).describe('How long one request to etcd may take'),
}).superRefine(coherentEtcdAccess);

const sync = section({
  minIntervalMs: milliseconds(1).default(20).describe('At most one write of the counts in this time'),
  writesPerSecond: wholeNumber(1)
    .default(500)
    .describe('What all instances together may write to etcd; with many, each writes less often'),
  staleDecayMs: milliseconds(0)
    .default(30_000)
    .describe("Without etcd, peers' last counts fade to nothing over this time"),
});

const consistency = section({
  intervalMs: milliseconds(0)
    .default(10_000)
    .describe('Pause between two comparisons of the counts with the open streams and with etcd; 0: none'),
});

const startup = section({
  storeWaitMs: milliseconds(0)
    .default(5000)
    .describe('Wait for etcd this long, then start without it, degraded'),
});

const drain = section({
  noticeMs: milliseconds(0).default(3000).describe('Keep answering at least this long after health says no'),
  quietMs: milliseconds(0).default(1000).describe('No new stream for this long means that Envoy has left'),
  graceMs: milliseconds(0).default(30_000).describe('Accepted requests have this long to finish'),
}).superRefine(graceCoversNotice);

const upgrade = section({
  steering: oneOf(['automatic', 'off'])
    .default('automatic')
    .describe('Let newer generations take the traffic from older ones, which stand by (needs etcd)'),
  minReady: wholeNumber(1)
    .exactOptional()
    .describe('Ready instances of newer generations for which older ones stand by; none: as many as those'),
  settleMs: milliseconds(0)
    .default(2000)
    .describe("Others must be able to take the traffic this long first; cover Envoy's health check interval"),
  handoffTtlMs: milliseconds(0)
    .default(60_000)
    .describe('Requests that outlive their instance fade from the view over this time; 0: at once'),
});

const admin = section({
  address: listenAddress({ orOff: true })
    .default('127.0.0.1:9090')
    .describe(
      'Where health, state and metrics are served over HTTP, or off; workers take the ports from here on',
    ),
});

/** What the builtin transport lets one connection do; generous toward a proxy. */
const connectionLimits = section({
  streams: wholeNumber(1, 2_147_483_647).default(100_000).describe('Streams open at once on one connection'),
  headerBytes: wholeNumber(1024, 1_048_576)
    .default(65_536)
    .describe('The largest header list of one gRPC request'),
  resetsPerSecond: wholeNumber(1).default(20_000).describe('Streams a connection may reset'),
  controlFramesPerSecond: wholeNumber(1).default(1000).describe('PING and SETTINGS frames it may send'),
  emptyFramesPerSecond: wholeNumber(1).default(1000).describe('Frames without content it may send'),
});

const limits = section({
  maxStreams: wholeNumber(1).default(100_000).describe('Requests in flight at once'),
  connection: connectionLimits.prefault({}),
});

const telemetry = section({
  logLevel: oneOf(logLevels).default('info').describe('The least severe log lines to write'),
  otlpEndpoint: httpUrl().exactOptional().describe('Where traces and metrics are sent; none: nowhere'),
});

export const configSchema = section({
  server: server.prefault({}),
  instance: instance.prefault({}),
  pool: pool.prefault({}),
  scheduling: scheduling.prefault({}),
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
  .superRefine(sharedPort, { when: () => true });

/** The whole configuration, every default filled in. Durations are milliseconds where names end in Ms. */
export type Config = DeepReadonly<z.output<typeof configSchema>>;

/** Settings whose values are never shown. */
export const secretPaths: ReadonlySet<string> = new Set(['etcd.password']);

/** Settings that may hold a user and a password inside a URL, which are not shown either. */
export const urlPaths: ReadonlySet<string> = new Set(['etcd.endpoints', 'telemetry.otlpEndpoint']);

/**
 * Settings that the dynamic configuration may hold: what a whole fleet may have to change at once, read anew at each
 * use. None of them has a relation to another setting, so that each can be judged alone.
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
