import { randomBytes } from 'node:crypto';
import { stateCodecs } from '../../../src/proto/stateCodecs.ts';
import { type Attack, type AttackContext, sized } from '../attack.ts';
import { EtcdWriter } from './etcdWriter.ts';

/** Records by one who may write to etcd. SECURITY.md has what each range allows by design. */
type Records = readonly (readonly [key: string, value: Uint8Array])[];

interface ForgedOptions {
  /** Under a lease that lasts as long as the attack. Default: none. */
  readonly leased?: boolean;
}

const rewriteEveryMs = 1_000;
const leaseSeconds = 60;

/** Writes these records, again each second, and removes them at the end. */
function forged(
  name: string,
  records: (context: AttackContext) => Records,
  { leased = false }: ForgedOptions = {},
): Attack {
  return {
    name,
    group: 'forged records',
    async run(context) {
      const { clients, etcd, keyPrefix } = context;
      const writer = new EtcdWriter(etcd, keyPrefix);
      const all = records(context);
      const lease = leased ? await writer.grant(leaseSeconds) : undefined;
      try {
        do {
          for (const [key, value] of all) {
            if (clients.signal.aborted) break;
            await writer.put(key, value, lease);
            clients.begin();
          }
          await clients.pause(rewriteEveryMs);
        } while (!clients.signal.aborted);
      } finally {
        for (const [key] of all) await writer.remove(key);
        if (lease !== undefined) await writer.revoke(lease);
      }
    },
  };
}

/** Writes many records once. */
function masses(name: string, range: string, records: (context: AttackContext) => Records): Attack {
  return {
    name,
    group: 'forged records',
    async run(context) {
      const writer = new EtcdWriter(context.etcd, context.keyPrefix);
      try {
        context.clients.begin();
        await writer.putAll(records(context));
        await context.clients.ended();
      } finally {
        await writer.removeAll(range);
      }
    },
  };
}

const instance = (id: string, changes: Partial<Parameters<typeof stateCodecs.instance.encode>[0]> = {}) =>
  [
    `instances/${id}`,
    stateCodecs.instance.encode({
      id,
      release: '9.9.9',
      generation: 99,
      phase: 'PHASE_READY',
      addresses: ['127.0.0.1:9'],
      started_unix_ms: Date.now(),
      sequence: 1,
      ...changes,
    }),
  ] as const;

const newer = [instance('forged-1'), instance('forged-2')];
const controls = '\u001b[2J\u0000\r\n"';
const absurdDates = [8.64e15 + 1, -8.64e15 - 1, Number.MAX_SAFE_INTEGER];
const load = (id: string, address: string, in_flight: number) =>
  [
    `load/${id}`,
    stateCodecs.loadReport.encode({ sequence: 2 ** 40, loads: [{ address, in_flight }] }),
  ] as const;
const most = 2 ** 32 - 1;
const garbage = Buffer.from([0x08, 0x01, 0x12, 0xff, 0xff, 0xff, 0xff, 0x0f]);
const endpoint = (key: string, address = key, weight = 1) =>
  [`endpoints/${key}`, stateCodecs.registeredEndpoint.encode({ address, weight })] as const;
/** Loopback, where nothing listens. */
const dead = (nth: number): string => `127.${1 + (nth >> 16)}.${(nth >> 8) & 255}.${nth & 255}:9`;
const config = (settings: Record<string, string>, set_unix_ms: number) =>
  ['config', stateCodecs.dynamicConfig.encode({ settings, reason: controls, set_unix_ms })] as const;

type PodPrefixes = Parameters<typeof stateCodecs.podPrefixes.encode>[0];
const prefixes = (address: string, fields: PodPrefixes) =>
  [`prefix/pods/${address}`, stateCodecs.podPrefixes.encode({ hashing_scheme: 1, ...fields })] as const;

export const forgedRecords: readonly Attack[] = [
  forged('instances: a newer generation without a lease', () => newer),
  forged('instances: a newer generation under a lease', () => newer, { leased: true }),
  forged(
    'instances: absurd fields',
    () => [
      ...absurdDates.map((started_unix_ms, nth) => instance(`date-${nth}`, { started_unix_ms })),
      instance('generation', { generation: '9223372036854775807' }),
      instance('release', { release: controls }),
      instance('zone', { zone: 'z'.repeat(60_000) }),
      instance(`id${controls}`),
      ['instances/garbage', garbage],
    ],
    { leased: true },
  ),
  forged('instances: the own record, stopped', ({ instanceId }) => [
    instance(instanceId, { phase: 'PHASE_STOPPED', sequence: 2 ** 40 }),
  ]),
  masses('instances: 5,000 that do not run', 'instances/forged', (context) =>
    Array.from({ length: sized(context, 5_000) }, (_, nth) => instance(`forged-${nth}`, { generation: 1 })),
  ),
  forged('load: the largest count on one pod', ({ pod }) => [
    load('forged-1', pod, most),
    load('forged-1/1', pod, most),
    load('forged-1/chunk', pod, most),
  ]),
  forged('load: the own record', ({ instanceId, pod }) => [load(instanceId, pod, most)]),
  forged('load: records that are none', () => [
    ['load/garbage', garbage],
    ['load/garbage/1', garbage],
    ['load/large', Buffer.alloc(1_000_000, 0x1a)],
    load('addresses', controls, 1),
  ]),
  forged('handoffs: the largest count for the longest time', ({ pod }) => [
    [
      'handoffs/forged-1/1',
      stateCodecs.handoff.encode({
        loads: [{ address: pod, in_flight: most }],
        handed_off_unix_ms: Number.MAX_SAFE_INTEGER,
        ttl_ms: most,
      }),
    ],
    ['handoffs/garbage/1', garbage],
  ]),
  forged('signals: quarantine for every pod', ({ pod, outsider }) => [
    [
      'signals/forged-1',
      stateCodecs.podSignalReport.encode({
        pods: [pod, outsider].map((address) => ({
          address,
          failures: most,
          remaining_ms: most,
          level: most,
          reason: controls,
          suspected: true,
        })),
      }),
    ],
    ['signals/garbage', garbage],
  ]),
  forged(
    'signals: absurd readings of pods',
    ({ pod, outsider }) =>
      [pod, outsider, '127.0.0.1:9', controls].map(
        (address) =>
          [
            `signals/${address}`,
            stateCodecs.podReading.encode({
              engine: controls,
              from: 'forged-1',
              waiting: most,
              running: most,
              kv_use: Number.NaN,
              prompt_tokens: Number.MAX_SAFE_INTEGER,
              age_ms: most,
            }),
          ] as const,
      ),
    { leased: true },
  ),
  forged(
    'prefix: a clock at its end, and times that have not been',
    ({ pod }) => [
      prefixes(pod, { clock_tokens: 2 ** 40, groups: [{ stamp: 2 ** 32, keys: Buffer.alloc(4_000, 1) }] }),
      prefixes('127.0.0.1:9', { clock_tokens: 1, groups: [{ stamp: most, keys: Buffer.alloc(3) }] }),
      prefixes(controls, {}),
      ['prefix/log/forged-1/0', garbage],
      ['prefix/log/forged-1', garbage],
    ],
    { leased: true },
  ),
  forged(
    'prefix: caches of 1,000 pods that are none',
    (context) =>
      Array.from({ length: sized(context, 1_000) }, (_, nth) =>
        prefixes(dead(nth), { clock_tokens: 1, groups: [{ stamp: 1, keys: randomBytes(8_192) }] }),
      ),
    { leased: true },
  ),
  forged('config: absurd dates and settings', () => [
    config({ 'scheduling.policy': 'none', 'log.level': controls, [controls]: '1' }, absurdDates[0] as number),
  ]),
  forged('config: a record that is none', () => [['config', garbage]]),
  forged('target: a record that is none', () => [['target', garbage]]),
  forged('endpoints: weights without bound', ({ outsider }) => [
    endpoint(outsider, outsider, 1e300),
    endpoint('127.0.0.1:9', '127.0.0.1:9', Number.POSITIVE_INFINITY),
    endpoint('127.0.0.2:9', '127.0.0.2:9', Number.NaN),
    endpoint('127.0.0.3:9', '127.0.0.3:9', -1),
  ]),
  forged("endpoints: another pod's address", ({ pod, outsider }) => [
    endpoint('127.0.0.1:9', pod, 1e6),
    endpoint(outsider, '::1:99999'),
    endpoint(controls),
    ['endpoints/garbage', garbage],
  ]),
  forged('endpoints: values of 1 MB', (context) =>
    Array.from({ length: sized(context, 20) }, (_, nth) => [
      `endpoints/127.0.0.1:${nth + 1}`,
      Buffer.alloc(1_000_000, 0x22),
    ]),
  ),
  masses('endpoints: 20,000 where nothing listens', 'endpoints/127.', (context) =>
    Array.from({ length: sized(context, 20_000) }, (_, nth) => endpoint(dead(nth))),
  ),
];
