import { type Assignment, findSetting, fromText, type SourceValues } from './assignment.ts';
import { kindOfPickerFlag, type PickerFlag } from './pickerFlagNames.ts';
import type { Problem } from './problem.ts';

/** The command line of an endpoint picker, as a chart writes it. */
export interface PickerFlags extends SourceValues {
  /** Where the EndpointPickerConfig is. */
  readonly plugins: { readonly file?: string; readonly text?: string };
  /** Known, and without a counterpart here. */
  readonly ignored: readonly string[];
  /** No picker is known to have them. */
  readonly unknown: readonly string[];
}

/** Read elsewhere, what Baton does anyway, or without a meaning to it. */
const inherent: ReadonlySet<PickerFlag> = new Set<PickerFlag>([
  'config-file',
  'config-text',
  'enable-cert-reload',
  'enable-pprof',
  'grpc-max-recv-msg-size',
  'grpc-max-send-msg-size',
  'ha-enable-leader-election',
  'health-checking',
  'pool-group',
  'tracing',
  'zap-devel',
  'zap-encoder',
  'zap-stacktrace-level',
  'zap-time-encoding',
]);

/** A drain lasts at least as long as Envoy takes to notice it (`drain.noticeMs`). */
const shortestDrainMs = 3_000;

type Settings = Readonly<Record<string, string>>;

const onEveryInterface = (port: string): string => `[::]:${port}`;

/** The settings that a flag stands for. */
const settingsOf: Partial<Record<PickerFlag, (value: string) => Settings>> = {
  'pool-name': (name) => ({ 'pool.kubernetes.inferencePool': name }),
  'pool-namespace': (name) => ({ 'pool.kubernetes.namespace': name }),
  'endpoint-selector': (selector) => ({ 'pool.kubernetes.selector': selector }),
  'endpoint-target-ports': (ports) => ({ 'pool.kubernetes.ports': ports }),
  'grpc-port': (port) => ({ 'server.address': onEveryInterface(port) }),
  'grpc-health-port': (port) => ({ 'server.healthAddress': onEveryInterface(port) }),
  'metrics-port': (port) => ({ 'admin.address': onEveryInterface(port) }),
  'secure-serving': (isOn) => (isTrue(isOn) ? {} : { 'server.tls.selfSigned': 'false' }),
  'cert-path': (folder) => ({
    'server.tls.certFile': `${folder}/tls.crt`,
    'server.tls.keyFile': `${folder}/tls.key`,
  }),
  'drain-timeout': (duration) => ({ 'drain.graceMs': drainMs(duration) }),
  v: (verbosity) => ({ 'telemetry.logLevel': levelOf(verbosity) }),
  'zap-log-level': (level) => ({ 'telemetry.logLevel': levelOf(level) }),
};

/** @param args flags, each with its value behind `=` or as the next argument */
export function readPickerFlags(args: readonly string[]): PickerFlags {
  const { given, unknown } = parse(args);
  if (isFalse(given.get('secure-serving'))) given.delete('cert-path');
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];
  const ignored: string[] = [];
  for (const [flag, value] of given) {
    const settings = settingsOf[flag]?.(value);
    const isWithoutEffect = flag === 'metrics-endpoint-auth' && isFalse(value);
    if (settings === undefined && !inherent.has(flag) && !isWithoutEffect) ignored.push(flag);
    const origin = { kind: 'flag', name: `--${flag}` } as const;
    for (const [path, text] of Object.entries(settings ?? {})) {
      const setting = findSetting(path);
      if ('problem' in setting) problems.push({ path, origin, message: setting.problem });
      else assignments.push({ setting, value: fromText(setting, text), origin });
    }
  }
  const file = given.get('config-file');
  const text = given.get('config-text');
  const plugins = { ...(file !== undefined && { file }), ...(text !== undefined && { text }) };
  return { assignments, problems, plugins, ignored, unknown };
}

function parse(args: readonly string[]): {
  given: Map<PickerFlag, string>;
  unknown: readonly string[];
} {
  const given = new Map<PickerFlag, string>();
  const unknown: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const text = args[at] ?? '';
    const [, name, inline] = /^--?([^=]+)(?:=(.*))?$/s.exec(text) ?? [];
    if (name === undefined) {
      unknown.push(text);
      continue;
    }
    const kind = kindOfPickerFlag(name);
    const next = args[at + 1];
    const takesNext = inline === undefined && kind !== 'switch' && next !== undefined;
    // What an unknown flag is followed by is its value, unless it is a flag.
    const hasNext = takesNext && (kind === 'value' || !next.startsWith('-'));
    if (hasNext) at += 1;
    if (kind === undefined) unknown.push(name);
    else given.set(name as PickerFlag, inline ?? (hasNext ? next : 'true'));
  }
  return { given, unknown };
}

/** As Go's strconv.ParseBool. */
function isTrue(value: string): boolean {
  return /^(1|t|true)$/i.test(value);
}

function isFalse(value: string | undefined): boolean {
  return value !== undefined && /^(0|f|false)$/i.test(value);
}

/** A verbosity of klog and zap, or a name. */
function levelOf(level: string): string {
  const verbosity = Number(level);
  if (level === '' || Number.isNaN(verbosity)) return level === 'panic' ? 'error' : level;
  if (verbosity >= 5) return 'trace';
  return verbosity === 4 ? 'debug' : 'info';
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A duration of Go such as `1m30s`. What is none stays as it is, to be refused as a setting. */
function drainMs(duration: string): string {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(duration) && duration !== '0') return duration;
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const ms = parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (unitMs[unit] ?? 0), 0);
  return String(Math.max(shortestDrainMs, Math.round(ms)));
}
