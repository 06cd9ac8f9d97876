import { type Command, InvalidArgumentError } from 'commander';
import { readBoundedFileSync } from '../boundedFile.ts';
import { printErrorLines, printLines } from './printLines.ts';

interface ProbeFlags {
  readonly address: string;
  readonly service: string;
  readonly timeoutMs: string;
  readonly ca?: Buffer;
  readonly serverName?: string;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Answers that are not "serving"; scripts tell them apart. */
const exitNotServing = 1;
const exitUnreachable = 2;

/** `baton probe`: gets the gRPC health of a scheduler, as an orchestrator's probe does. */
export function addProbeCommand(program: Command): void {
  program
    .command('probe')
    .description('ask a scheduler for its gRPC health: 0 serving, 1 not serving, 2 unreachable')
    .option('--address <host:port>', 'the gRPC port of the scheduler', '127.0.0.1:9002')
    .option('--service <name>', 'readiness, liveness, or the service that Envoy checks', 'readiness')
    .option('--timeout-ms <number>', 'how long to wait', '1000')
    .option('--ca <file>', 'use TLS, and trust certificates of this authority (PEM)', readPem)
    .option('--server-name <name>', 'the name in its certificate, where that is not the host of --address')
    .option('--cert <file>', 'client certificate, if the scheduler requires one (PEM)', readPem)
    .option('--key <file>', 'the key of --cert (PEM)', readPem)
    .action(probe);
}

async function probe(flags: ProbeFlags, command: Command): Promise<void> {
  const timeoutMs = Number(flags.timeoutMs);
  if (!(timeoutMs > 0)) command.error('error: --timeout-ms is not a number above 0');
  const { address, ca, cert, key } = flags;
  if ((cert || key) && !(cert && key && ca)) command.error('error: --cert, --key and --ca go together');
  const { checkHealth } = await import('../proto/healthClient.ts');
  const result = await checkHealth({ ...flags, timeoutMs });
  if (result.kind === 'status') {
    printLines(`${result.status}\n`);
    process.exitCode = result.status === 'SERVING' ? 0 : exitNotServing;
  } else {
    const { probeHint } = await import('./probeHint.ts');
    const hint = await probeHint(address, ca !== undefined);
    const reason = hint === undefined ? result.reason : `${result.reason} (${hint})`;
    printErrorLines(`baton: ${address} does not answer the probe: ${reason}\n`);
    process.exitCode = exitUnreachable;
  }
}

function readPem(file: string): Buffer {
  try {
    return readBoundedFileSync(file);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
