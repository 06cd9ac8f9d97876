import { parseAddress } from '../../src/hostPort.ts';
import { type GatewayName, gatewayNames } from '../testbed/gatewayFiles.ts';
import { type ParsedBuild, parseBuild } from './parseBuild.ts';
import type { Build } from './plan.ts';
import { type RehearsalWorkload, rehearsalWorkloads } from './workloads.ts';

/** The flags of `baton rehearse` and the options they make. Pure. */
export interface RehearseFlags {
  readonly from: string;
  readonly to: string;
  readonly replicas: string;
  readonly pods: string;
  readonly clients: string;
  readonly rps: string;
  readonly streamSeconds: string;
  readonly times: string;
  readonly rollbacks: string;
  readonly etcd?: readonly string[];
  readonly pod?: readonly string[];
  readonly model?: string;
  readonly envoyConfig?: string;
  readonly workload?: string;
  readonly mostHitsLost: string;
  readonly forget?: boolean;
  readonly faults?: boolean;
  readonly gateway?: string;
  readonly report: string;
}

export interface RehearseOptions {
  readonly from: Build;
  readonly to: Build;
  readonly replicas: number;
  /** Simulated pods to start; 0 with external pods. */
  readonly pods: number;
  readonly clients: number;
  readonly requestsPerSecond: number;
  readonly streamSeconds: number;
  readonly upgrades: number;
  readonly rollbacks: number;
  /** Empty: one is started. */
  readonly externalEtcd: readonly string[];
  readonly externalPods: readonly string[];
  /** The model in requests; simulated pods accept any. */
  readonly model?: string;
  /** Default: the shipped envoy/envoy.yaml. */
  readonly envoyConfig?: string;
  /** Clients hold conversations instead of streams. */
  readonly conversations?: ConversationOptions;
  /** Behind the configuration of this gateway instead. */
  readonly gateway?: GatewayName;
  readonly reportDir: string;
}

export interface ConversationOptions {
  readonly workload: RehearsalWorkload;
  /** Points that the share of found tokens may lose in a window. */
  readonly mostPointsLost: number;
  /** The memory that instances share is deleted all the time, as a control. */
  readonly forget: boolean;
  /** After the upgrades instances are killed, and etcd is stopped for a minute. */
  readonly faults: boolean;
}

export const rehearseDefaults = {
  from: 'old',
  to: 'new',
  replicas: '3',
  pods: '3',
  clients: '100',
  rps: '10',
  streamSeconds: '5',
  times: '1',
  rollbacks: '0',
  mostHitsLost: '2',
  report: 'rehearsal-report',
} as const satisfies RehearseFlags;

export type ParsedRehearseFlags =
  | { readonly kind: 'options'; readonly options: RehearseOptions }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

const maxReplicas = 26;

/** Reports all problems at once. */
export function parseRehearseFlags(flags: RehearseFlags): ParsedRehearseFlags {
  const problems: string[] = [];
  const integer = (flag: string, text: string, least: number, most: number): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    problems.push(`--${flag} "${text}": expected a whole number from ${least} to ${most}`);
    return least;
  };
  const positive = (flag: string, text: string, most: number): number => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (value > 0 && value <= most) return value;
    problems.push(`--${flag} "${text}": expected a number above 0, at most ${most}`);
    return 1;
  };
  const parseRelease = (flag: 'from' | 'to'): Build => {
    const build: ParsedBuild = parseBuild(flags[flag]);
    switch (build.kind) {
      case 'label':
        return { release: build.label };
      case 'command':
        return { release: rehearseDefaults[flag], command: build.words };
      case 'invalid':
        problems.push(`--${flag} "${flags[flag]}": ${build.reason}`);
        return { release: '' };
      default:
        return build satisfies never;
    }
  };

  const externalPods = flags.pod ?? [];
  for (const pod of externalPods) {
    if (parseAddress(pod).kind !== 'ip') problems.push(`--pod "${pod}": expected ip:port`);
  }
  const externalEtcd = flags.etcd ?? [];
  for (const url of externalEtcd) {
    if (!/^https?:\/\/[^/]+\/?$/.test(url)) problems.push(`--etcd "${url}": expected http://host:port`);
  }
  const gateway = gatewayNames.find((name) => name === flags.gateway);
  if (flags.gateway !== undefined && gateway === undefined) {
    problems.push(`--gateway "${flags.gateway}": expected ${gatewayNames.join(', ')}`);
  }
  if (flags.gateway !== undefined && flags.envoyConfig !== undefined) {
    problems.push('--gateway and --envoy-config name two Envoy configurations');
  }
  if (flags.report === '') problems.push('--report: expected a folder');
  const workload = rehearsalWorkloads.find(({ name }) => name === flags.workload);
  if (flags.workload !== undefined && workload === undefined) {
    const names = rehearsalWorkloads.map(({ name }) => name).join(', ');
    problems.push(`--workload "${flags.workload}": expected one of ${names}`);
  }
  for (const flag of ['forget', 'faults'] as const) {
    if (flags[flag] && flags.workload === undefined) problems.push(`--${flag}: only with --workload`);
  }
  const mostPointsLost = positive('most-hits-lost', flags.mostHitsLost, 100);
  const upgrades = integer('times', flags.times, 1, 1000);
  const rollbacks = integer('rollbacks', flags.rollbacks, 0, 1000);
  if (rollbacks > upgrades) {
    problems.push(`--rollbacks ${rollbacks}: there are only ${upgrades} upgrades to roll back (--times)`);
  }
  const options: RehearseOptions = {
    from: parseRelease('from'),
    to: parseRelease('to'),
    replicas: integer('replicas', flags.replicas, 1, maxReplicas),
    pods: externalPods.length > 0 ? 0 : integer('pods', flags.pods, 1, 100),
    clients: integer('clients', flags.clients, 1, 10_000),
    requestsPerSecond: integer('rps', flags.rps, 0, 10_000),
    streamSeconds: positive('stream-seconds', flags.streamSeconds, 3600),
    upgrades,
    rollbacks,
    externalEtcd,
    externalPods,
    ...(flags.model !== undefined && { model: flags.model }),
    ...(flags.envoyConfig !== undefined && { envoyConfig: flags.envoyConfig }),
    ...(workload && {
      conversations: {
        workload,
        mostPointsLost,
        forget: flags.forget === true,
        faults: flags.faults === true,
      },
    }),
    ...(gateway !== undefined && { gateway }),
    reportDir: flags.report,
  };
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'options', options };
}
