/** The parts of the help texts that several commands share. */
export const exitCodesHelp = `
Exit codes:
  0   done
  1   failed, or the answer is no
  64  the command line is wrong
  69  unavailable: an address cannot be listened on, or the other side cannot be reached
  70  a bug in Baton
  78  the configuration is wrong`;

/**
 * The list of settings, for commands that take them all. It loads the schema, so only help may pay
 * for it.
 */
export async function loadSettingsHelp(args: readonly string[]): Promise<string> {
  if (!args.some((arg) => arg === '--help' || arg === '-h' || arg === 'help')) return '';
  const { settingsHelp } = await import('../config/table.ts');
  return `\n${settingsHelp()}\n${exitCodesHelp}`;
}
