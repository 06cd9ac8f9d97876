import { parseAddress } from '../../src/hostPort.ts';
import { type PickerFeature, pickerFeatures } from './conformanceCase.ts';
import { type GatewayMode, gatewayModes } from './gatewayModes.ts';

/** The flags of `baton conformance` and the options they make. Pure. */
export interface ConformanceFlags {
  readonly target?: string;
  readonly healthTarget?: string;
  readonly tls?: boolean;
  readonly mode: string;
  readonly unannounced?: boolean;
  readonly endpoint?: readonly string[];
  readonly expect?: readonly string[];
  readonly model: string;
  readonly streams: string;
  readonly timeoutMs: string;
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly json?: string;
  readonly junit?: string;
  readonly list?: boolean;
}

export interface ConformanceOptions {
  readonly target: string;
  readonly healthTarget: string | undefined;
  readonly isTls: boolean;
  readonly mode: GatewayMode;
  readonly isAnnounced: boolean;
  /** Empty: those that decisions name. */
  readonly endpoints: readonly string[];
  readonly expects: ReadonlySet<PickerFeature>;
  readonly model: string;
  readonly streams: number;
  readonly timeoutMs: number;
  /** Names of cases or of their groups. Empty: all. */
  readonly only: readonly string[];
  readonly skip: readonly string[];
}

export const conformanceDefaults = {
  mode: 'full-duplex',
  model: 'conformance',
  streams: '100',
  timeoutMs: '5000',
} as const satisfies ConformanceFlags;

export type ParsedConformanceFlags =
  | { readonly kind: 'options'; readonly options: ConformanceOptions }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

/**
 * Reports all problems at once.
 *
 * @param known names of all cases
 */
export function parseConformanceFlags(
  flags: ConformanceFlags,
  known: readonly string[],
): ParsedConformanceFlags {
  const problems: string[] = [];
  const address = (flag: string, text: string | undefined): void => {
    if (text !== undefined && parseAddress(text).kind === 'invalid') {
      problems.push(`--${flag} "${text}": expected host:port`);
    }
  };
  const integer = (flag: string, text: string, most: number): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= 1 && value <= most) return value;
    problems.push(`--${flag} "${text}": expected a whole number from 1 to ${most}`);
    return 1;
  };
  const names = (flag: string, texts: readonly string[] = []): readonly string[] => {
    for (const text of texts) {
      if (!known.some((name) => isNamed(name, [text]))) {
        problems.push(`--${flag} "${text}": no such case or group; --list shows them`);
      }
    }
    return texts;
  };
  const { target = '', healthTarget, mode, endpoint = [], expect = [] } = flags;
  if (target === '') problems.push('--target: expected the host:port of an endpoint picker');
  else address('target', target);
  address('health-target', healthTarget);
  for (const each of endpoint) {
    if (parseAddress(each).kind !== 'ip') problems.push(`--endpoint "${each}": expected ip:port`);
  }
  if (!isOneOf(gatewayModes, mode)) {
    problems.push(`--mode "${mode}": expected ${gatewayModes.join(', ')}`);
  }
  for (const feature of expect) {
    if (!isOneOf(pickerFeatures, feature)) {
      problems.push(`--expect "${feature}": expected ${pickerFeatures.join(', ')}`);
    }
  }
  const options: ConformanceOptions = {
    target,
    healthTarget,
    isTls: flags.tls ?? false,
    mode: isOneOf(gatewayModes, mode) ? mode : 'full-duplex',
    isAnnounced: !flags.unannounced,
    endpoints: endpoint,
    expects: new Set(expect.filter((feature) => isOneOf(pickerFeatures, feature))),
    model: flags.model,
    streams: integer('streams', flags.streams, 10_000),
    timeoutMs: integer('timeout-ms', flags.timeoutMs, 600_000),
    only: names('only', flags.only),
    skip: names('skip', flags.skip),
  };
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'options', options };
}

/** Whether a case, or the group that it is in, is among these names. */
export function isNamed(name: string, names: readonly string[]): boolean {
  return names.some((each) => name === each || name.startsWith(`${each}/`));
}

function isOneOf<T extends string>(known: readonly T[], text: string): text is T {
  return (known as readonly string[]).includes(text);
}
