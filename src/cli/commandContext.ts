import type { StopSignals } from '../instance/stopSignals.ts';
import type { UncaughtErrorHandler } from '../instance/uncaughtErrors.ts';

/** What `main.ts` gives to every command. */
export interface CommandContext {
  /** The file that runs the command line, for processes that run it again. */
  readonly mainFile: string;
  /** Of this process, from its first moment; undefined for commands that end by themselves. */
  readonly signals: StopSignals | undefined;
  /** Appended to the help of commands that take every setting; empty unless help was asked for. */
  readonly settingsHelp: string;
  /** From now on this handler decides which errors that no caller handles end the process. */
  readonly setUncaughtErrorHandler: (handler: UncaughtErrorHandler) => void;
}
