/**
 * The flags of the endpoint pickers in the charts of the Gateway API inference extension and of
 * llm-d. Light: main.ts imports it.
 */

/** True or false; without a value, true. */
const switches = [
  'allow-experimental-plugins',
  'disable-endpoint-subset-filter',
  'enable-cert-reload',
  'enable-grpc-stream-metrics',
  'enable-multi-engine',
  'enable-pprof',
  'ha-enable-leader-election',
  'health-checking',
  'metrics-endpoint-auth',
  'model-server-metrics-https-insecure-skip-verify',
  'secure-serving',
  'tracing',
  'zap-devel',
] as const;

const withValue = [
  'cache-info-metric',
  'cert-path',
  'config-file',
  'config-text',
  'drain-timeout',
  'endpoint-selector',
  'endpoint-target-ports',
  'engine-label-key',
  'grpc-health-port',
  'grpc-max-recv-msg-size',
  'grpc-max-send-msg-size',
  'grpc-port',
  'kv-cache-usage-percentage-metric',
  'lora-info-metric',
  'metrics-cert-dir',
  'metrics-client-ca-file',
  'metrics-port',
  'metrics-staleness-threshold',
  'model-server-metrics-path',
  'model-server-metrics-port',
  'model-server-metrics-scheme',
  'pool-group',
  'pool-name',
  'pool-namespace',
  'refresh-metrics-interval',
  'refresh-prometheus-metrics-interval',
  'total-queued-requests-metric',
  'total-running-requests-metric',
  'v',
  'zap-encoder',
  'zap-log-level',
  'zap-stacktrace-level',
  'zap-time-encoding',
] as const;

export type PickerFlag = (typeof switches)[number] | (typeof withValue)[number];

const kinds: ReadonlyMap<string, 'switch' | 'value'> = new Map<string, 'switch' | 'value'>([
  ...switches.map((name) => [name, 'switch'] as const),
  ...withValue.map((name) => [name, 'value'] as const),
]);

/** undefined: no picker has it. */
export function kindOfPickerFlag(name: string): 'switch' | 'value' | undefined {
  return kinds.get(name);
}

/**
 * The arguments with the command that they are for. Charts give a picker's image flags and no
 * command.
 */
export function withPickerCommand(args: readonly string[]): readonly string[] {
  if (args[0]?.startsWith('-') !== true) return args;
  const isPickers = args.some((arg) => kinds.has(/^--([^=]{2,})/.exec(arg)?.[1] ?? ''));
  return isPickers ? ['epp', ...args] : args;
}
