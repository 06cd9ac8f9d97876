import { Command } from 'commander';
import { type PodsimFlags, readPodsimFlags } from './flags.ts';
import { podsimDefaults as defaults, type Podsim, startPodsim } from './server.ts';

/** `baton podsim`: one simulated pod as a process, until SIGTERM or SIGINT. */
const exitFailed = 1;
/** EX_USAGE of sysexits.h. */
const exitUsage = 64;

const help = `
Requests:
  POST /v1/chat/completions, POST /v1/completions, GET /v1/models; max_tokens sets the length of one reply.
  GET /health, GET /metrics (vLLM's names), GET /podsim/state.
  A reply's header x-podsim-queued-ms tells how long the request waited for a slot.
  GET /podsim/headers answers the headers with which that request arrived.

Faults, for the pod by POST /podsim/fault:
  {"kind":"none"}                   all is well again
  {"kind":"refuse","forMs":2000}    resets connections and refuses new ones; forMs is required
  {"kind":"hang"}                   accepts and never answers
  {"kind":"error"}                  answers 500
  {"kind":"cut","afterTokens":3}    destroys the connection in mid-stream
  {"kind":"unhealthy"}              only /health fails
  Any takes "forMs"; hang, error and cut take "health":false, with which /health fails too.
For one request by its header x-podsim-fault: none, refuse, hang, error, cut or cut;afterTokens=3.

SIGTERM: takes no new connection, finishes what it accepted for up to 5 s, exits with 0. A second one: at once.

Exit codes:
  0   stopped
  1   cannot listen there
  64  the command line is wrong`;

export function podsimCommand(): Command {
  const command = new Command('podsim')
    .description('a simulated inference pod with the OpenAI API, for demos and tests')
    .option('--address <ip:port>', 'where it listens; port 0 lets the system choose', '127.0.0.1:8001')
    .option('--id <name>', 'its name, in the response header x-podsim-id', defaults.id)
    .option('--model <name>', 'the model it serves', defaults.model)
    .option('--slots <number>', 'requests it runs at once', String(defaults.slots))
    .option('--ttft-ms <number>', 'time to the first token', String(defaults.ttftMs))
    .option('--token-ms <number>', 'time to each further token', String(defaults.tokenMs))
    .option('--tokens <number>', 'tokens of a reply', String(defaults.tokensPerReply))
    .option('--jitter <fraction>', 'how much faster or slower a reply may be, 0–1', String(defaults.jitter))
    .option('--strict-model', 'answer 404 to requests for another model', false)
    .addHelpText('after', help)
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : Object.assign(error, { exitCode: exitUsage });
    });
  return command.action(async (flags: PodsimFlags) => {
    const read = readPodsimFlags(flags);
    if (read.kind === 'problems') {
      return command.error(`error: ${read.problems.join('\nerror: ')}`, { exitCode: exitUsage });
    }
    let pod: Podsim;
    try {
      pod = await startPodsim(read.options);
    } catch (error) {
      process.stderr.write(`podsim: cannot listen on ${flags.address}: ${describe(error)}\n`);
      process.exitCode = exitFailed;
      return;
    }
    const told = toldToStop();
    process.stdout.write(`podsim ${pod.id} listening on ${pod.address}\n`);
    await told;
    await pod.stop();
  });
}

/** Listens once: the second signal ends the process as any. */
function toldToStop(): Promise<void> {
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

function describe(error: unknown): string {
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
