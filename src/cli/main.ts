import { join } from 'node:path';
import { withPickerCommand } from '../config/pickerFlagNames.ts';
import { StopSignals } from '../instance/stopSignals.ts';
import { packageRoot } from '../packageRoot.ts';

/**
 * The program. It imports next to nothing, so that signals are handled within the first moments:
 * loading the command line takes longer than a container may have to live.
 */

/** They run until SIGTERM. The others end soon, and by any signal. */
const lastingCommands: readonly (string | undefined)[] = ['serve', 'epp', 'worker', 'register'];
/** The npm commands that start Baton from a terminal: `npm run baton` and `npx baton`. */
const npmEvents: readonly (string | undefined)[] = ['baton', 'npx'];

const args = withPickerCommand(process.argv.slice(2));
const signals = lastingCommands.includes(args[0])
  ? new StopSignals({ startedByNpm: npmEvents.includes(process.env.npm_lifecycle_event) })
  : undefined;

const { runCommand } = await import('./commandLine.ts');
await runCommand({ mainFile: join(packageRoot(), 'bin/baton.mjs'), args, signals });
