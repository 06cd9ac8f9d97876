/** What `main.ts` gives to every command. */
export interface CommandContext {
  /** The file that runs the command line, for processes that run it again. */
  readonly mainFile: string;
  /** Appended to the help of commands that take every setting; empty unless help was asked for. */
  readonly settingsHelp: string;
}
