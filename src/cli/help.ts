/** The parts of the help texts that several commands share. */
export const exitCodesHelp = `
Exit codes:
  0   done
  1   failed, or the answer is no
  64  the command line is wrong
  69  unavailable: an address cannot be listened on, or the other side cannot be reached
  70  a bug in Baton
  78  the configuration is wrong`;

/** Below the usage, for someone who has typed `baton` and nothing else. */
export const firstStepsHelp = `
What to do next:
  baton serve --endpoint 10.0.0.11:8000 --endpoint 10.0.0.12:8000
                          schedule for two pods, without a file and without etcd; then point Envoy
                          at 127.0.0.1:9002 (envoy/envoy.yaml)
  http://127.0.0.1:9090/  the dashboard of an instance that runs, in a browser
  baton top               the same on a terminal; baton status prints it once
  baton check baton.yaml  every problem of a configuration, with its line
  baton demo              all parts on this machine, live traffic and an upgrade; it needs Envoy and
                          etcd, which make demo fetches in a clone`;

/**
 * The list of settings, for commands that take them all. It loads the schema, so only help may pay
 * for it.
 */
export async function loadSettingsHelp(args: readonly string[]): Promise<string> {
  if (!args.some((arg) => arg === '--help' || arg === '-h' || arg === 'help')) return '';
  const { settingsHelp } = await import('../config/table.ts');
  return `\n${settingsHelp()}\n${exitCodesHelp}`;
}
