/**
 * Who may import whom: the whole list. What is not in it is refused (test/unit/structure).
 * ARCHITECTURE.md shows it; `npm run generate` writes it there.
 *
 * The order is that of the layers, the lowest first: a folder imports only folders above it in this
 * list.
 */

export interface FolderRule {
  /** What the folder is, in a few words, for the table. */
  readonly purpose: string;
  /** The folders it may import. All of them come earlier in the list. */
  readonly imports: readonly string[];
}

/** Single files at the top of `src/`. Any folder of the product may import them. */
export const leafFiles: readonly string[] = [
  'boundedFile',
  'clock',
  'controlCharacters',
  'errors',
  'hostPort',
  'judgingTimer',
  'listeningAddress',
  'localFailure',
  'mixBits',
  'nameForms',
  'nearest',
  'packageRoot',
  'phase',
  'urlSecrets',
  'watchedFile',
];

const leaves = 'leaves';

export const folderRules: ReadonlyMap<string, FolderRule> = new Map<string, FolderRule>([
  [leaves, { purpose: `single files: ${leafFiles.join(', ')}`, imports: [] }],
  ['telemetry', { purpose: 'log, metrics, traces', imports: [leaves] }],
  ['grpc', { purpose: 'HTTP/2 and gRPC server', imports: [] }],
  ['proto', { purpose: 'messages and their codecs', imports: [leaves] }],
  ['request', { purpose: 'what a request asks for, read from its headers and body', imports: [] }],
  ['prefix', { purpose: 'which prompts pods have in their caches', imports: [leaves, 'request'] }],
  ['scheduling', { purpose: 'policies and the scheduler', imports: [leaves, 'request', 'prefix'] }],
  [
    'extensions',
    { purpose: "third parties' policies and filters", imports: [leaves, 'request', 'scheduling'] },
  ],
  [
    'config',
    {
      purpose: 'settings from file, environment, flags',
      imports: [leaves, 'telemetry', 'request', 'scheduling'],
    },
  ],
  ['etcd', { purpose: 'session, lease and watches', imports: [leaves, 'telemetry'] }],
  [
    'ledger',
    { purpose: 'how busy endpoints are', imports: [leaves, 'telemetry', 'proto', 'scheduling', 'etcd'] },
  ],
  [
    'pool',
    {
      purpose: 'which endpoints exist',
      imports: [leaves, 'telemetry', 'proto', 'scheduling', 'etcd', 'config'],
    },
  ],
  [
    'signals',
    {
      purpose: 'which pods fail, judged by their responses',
      imports: [leaves, 'telemetry', 'proto', 'scheduling', 'etcd', 'ledger'],
    },
  ],
  [
    'prefixSharing',
    {
      purpose: 'one memory of prompts for all instances',
      imports: [leaves, 'telemetry', 'proto', 'request', 'prefix', 'scheduling', 'etcd', 'ledger'],
    },
  ],
  [
    'steering',
    {
      purpose: 'which generation serves',
      imports: [leaves, 'telemetry', 'proto', 'etcd', 'ledger'],
    },
  ],
  [
    'extproc',
    {
      purpose: 'ext_proc and health services',
      imports: [leaves, 'telemetry', 'grpc', 'proto', 'request', 'prefix', 'scheduling', 'signals'],
    },
  ],
  [
    'eds',
    {
      purpose: "the pool for Envoy's clusters (endpoint discovery)",
      imports: [leaves, 'telemetry', 'grpc', 'proto', 'scheduling'],
    },
  ],
  [
    'dynamic',
    {
      purpose: "settings in etcd over every instance's own",
      imports: [leaves, 'telemetry', 'proto', 'etcd', 'config'],
    },
  ],
  [
    'admin',
    {
      purpose: 'the admin port and its types',
      imports: [leaves, 'scheduling', 'etcd', 'ledger', 'signals', 'prefixSharing', 'steering', 'dynamic'],
    },
  ],
  [
    'instance',
    {
      purpose: 'one life: parts, start, drain, stop',
      imports: [
        leaves,
        'telemetry',
        'grpc',
        'proto',
        'request',
        'prefix',
        'scheduling',
        'extensions',
        'etcd',
        'ledger',
        'pool',
        'signals',
        'prefixSharing',
        'steering',
        'extproc',
        'eds',
        'config',
        'dynamic',
        'admin',
      ],
    },
  ],
  [
    'workers',
    {
      purpose: 'several processes on one port',
      imports: [leaves, 'telemetry', 'grpc', 'config', 'instance'],
    },
  ],
  ['tools/commandLine', { purpose: 'how a tool runs its command line', imports: [leaves] }],
  ['tools/charts', { purpose: 'HTML and SVG of charts', imports: [] }],
  ['tools/podsim', { purpose: 'a simulated inference pod', imports: [leaves, 'tools/commandLine'] }],
  [
    'tools/testbed',
    {
      purpose: 'real processes and clients for tests and tools',
      imports: [leaves, 'grpc', 'proto', 'admin'],
    },
  ],
  [
    'tools/conformance',
    {
      purpose: 'a black-box suite for endpoint pickers',
      imports: [leaves, 'proto', 'tools/commandLine'],
    },
  ],
  [
    'tools/rehearsal',
    {
      purpose: 'upgrades under load, with a report',
      imports: [leaves, 'config', 'admin', 'tools/commandLine', 'tools/charts', 'tools/testbed'],
    },
  ],
  [
    'tools/simulator',
    {
      purpose: 'policies on a virtual clock',
      imports: [
        leaves,
        'request',
        'prefix',
        'scheduling',
        'ledger',
        'tools/charts',
        'tools/commandLine',
        'tools/podsim',
      ],
    },
  ],
  [
    'tools/attack',
    {
      purpose: 'attacks on an instance beside a well-behaved client',
      imports: ['grpc', 'proto', 'tools/testbed'],
    },
  ],
  [
    'cli',
    {
      purpose: 'the command line',
      imports: [
        leaves,
        'telemetry',
        'proto',
        'request',
        'scheduling',
        'extensions',
        'etcd',
        'pool',
        'steering',
        'config',
        'dynamic',
        'admin',
        'instance',
        'workers',
        'tools/conformance',
        'tools/podsim',
        'tools/rehearsal',
        'tools/simulator',
      ],
    },
  ],
  [
    'bench',
    {
      purpose: 'benchmarks',
      imports: [
        leaves,
        'telemetry',
        'grpc',
        'proto',
        'request',
        'prefix',
        'scheduling',
        'etcd',
        'ledger',
        'extproc',
        'tools/charts',
        'tools/podsim',
        'tools/testbed',
        'tools/simulator',
        'test/support',
      ],
    },
  ],
]);

/** The folders that may import a package. A name that ends with `*` stands for a scope. */
export const packageRules: ReadonlyMap<string, readonly string[]> = new Map([
  ['etcd3', ['etcd']],
  ['cockatiel', ['etcd']],
  ['@grpc/grpc-js', ['grpc', 'proto', 'etcd', 'tools/testbed', 'tools/conformance', 'tools/attack', 'bench']],
  ['@grpc/proto-loader', ['proto']],
  ['@opentelemetry/*', ['telemetry']],
  ['pino', ['telemetry']],
  ['zod', ['config', 'pool']],
  ['yaml', ['config', 'pool', 'tools/testbed']],
  ['fastify', ['admin', 'tools/podsim']],
  [
    'commander',
    ['cli', 'tools/commandLine', 'tools/podsim', 'tools/conformance', 'tools/rehearsal', 'tools/simulator'],
  ],
]);

/** The longest file of the product, in lines. */
export const longestFileLines = 250;
