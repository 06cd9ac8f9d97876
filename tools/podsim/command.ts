import { Command } from 'commander';
import { exitCodes } from '../../src/errors.ts';
import { runCommandLine } from '../commandLine/runCommandLine.ts';
import { enginePresets } from './engine/enginePresets.ts';
import { type PodsimFlags, parsePodsimFlags } from './flags.ts';
import { podsimDefaults as defaults, type Podsim, startPodsim } from './server.ts';

const help = `
Requests:
  POST /v1/chat/completions, POST /v1/completions, GET /v1/models; max_tokens sets the length of one reply.
  GET /health, GET /metrics (vLLM's names), GET /podsim/state.
  The response header x-podsim-queued-ms is the time the request waited for a slot.
  GET /podsim/headers returns the headers of that request.

Faults, for the pod by POST /podsim/fault:
  {"kind":"none"}                   ends the fault
  {"kind":"refuse","forMs":2000}    resets connections and refuses new ones; forMs is required
  {"kind":"hang"}                   accepts requests and never answers
  {"kind":"error"}                  answers 500
  {"kind":"cut","afterTokens":3}    destroys the connection within a stream
  {"kind":"unhealthy"}              only /health fails
  Each takes "forMs"; hang, error and cut take "health":false: then /health fails too.
  Metrics that are away or wrong, by POST /podsim/metrics (GET: how often they were asked for):
  {"kind":"none"}, {"kind":"error"}, {"kind":"hang"}, {"kind":"lag","ms":5000},
  {"kind":"say","running":0,"waiting":0}
For one request by its header x-podsim-fault: none, refuse, hang, error, close, empty,
  error-event, cut-at-once, cut or cut;afterTokens=3.

SIGTERM: accepts no new connection, finishes open requests within 5 s, exits with 0. A second one ends it at once.

Exit codes:
  0   stopped
  1   cannot listen there
  64  the command line is wrong`;

/** `baton podsim`: one simulated pod, until SIGTERM or SIGINT. Returns the exit code. */
export function runPodsim(args: readonly string[]): Promise<number> {
  return runCommandLine(podsimCommand(), args, servePod);
}

function podsimCommand(): Command {
  return new Command('podsim')
    .description('a simulated inference pod with the OpenAI API, for demos and tests')
    .option('--address <ip:port>', 'where it listens; port 0 lets the system choose', '127.0.0.1:8001')
    .option('--id <name>', 'its name, in the response header x-podsim-id', defaults.id)
    .option('--model <name>', 'the model it serves', defaults.model)
    .option('--slots <number>', 'requests it runs at once', String(defaults.slots))
    .option('--ttft-ms <number>', 'time to the first token', String(defaults.ttftMs))
    .option('--token-ms <number>', 'time to each further token', String(defaults.tokenMs))
    .option('--tokens <number>', 'tokens of a reply', String(defaults.tokensPerReply))
    .option(
      '--prompt-token-ms <number>',
      'time for each uncached token of a prompt',
      String(defaults.promptTokenMs),
    )
    .option('--cache-tokens <number>', 'tokens of prompts that it caches', String(defaults.cacheTokens))
    .option(
      '--engine <name>',
      `compute as an engine with batches and a KV cache does, one of ${Object.keys(enginePresets).join(', ')}; without slots and the times above`,
    )
    .option('--engine-speed <number>', 'how many times as fast', String(defaults.engineSpeed))
    .option('--adapters <names>', 'LoRA adapters that it serves as well, separated by commas', '')
    .option('--jitter <fraction>', 'how much faster or slower a reply may be, 0–1', String(defaults.jitter))
    .option('--strict-model', 'answer 404 to requests for another model', false)
    .addHelpText('after', help);
}

async function servePod(flags: PodsimFlags, command: Command): Promise<number> {
  const parsed = parsePodsimFlags(flags);
  if (parsed.kind === 'problems') command.error(`error: ${parsed.problems.join('\nerror: ')}`);
  let pod: Podsim;
  try {
    pod = await startPodsim(parsed.options);
  } catch (error) {
    process.stderr.write(`podsim: cannot listen on ${flags.address}: ${listenProblem(error)}\n`);
    return exitCodes.failed;
  }
  const stopSignal = waitForStopSignal();
  process.stdout.write(`podsim ${pod.id} listening on ${pod.address}\n`);
  await stopSignal;
  await pod.stop();
  return exitCodes.ok;
}

/** The second signal ends the process at once: this handles only the first. */
function waitForStopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.removeListener('SIGTERM', stop);
      process.removeListener('SIGINT', stop);
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}

function listenProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EADDRINUSE':
      return 'the port is in use (EADDRINUSE)';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address (EADDRNOTAVAIL)';
    case 'EACCES':
      return 'not allowed (EACCES)';
    default:
      return message;
  }
}
