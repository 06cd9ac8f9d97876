import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/**
 * The flags of a benchmark. A flag with a number as its default takes a number. A wrong flag ends
 * the process with code 64, and a list of the flags.
 */
export function readBenchFlags<const Options extends ParseArgsOptionsConfig>(options: Options) {
  try {
    const { values } = parseArgs({ options });
    for (const [name, { default: usual }] of Object.entries(options)) {
      const given = (values as Readonly<Record<string, unknown>>)[name];
      if (isNumber(usual) && !isNumber(given)) {
        throw new Error(`--${name} is "${given}"; expected a number, such as ${usual}`);
      }
    }
    return values;
  } catch (error) {
    const known = Object.entries(options).map(([name, { default: usual }]) =>
      usual === undefined ? `--${name}` : `--${name} ${usual}`,
    );
    process.stderr.write(`${(error as Error).message}\nFlags, with their defaults: ${known.join(', ')}\n`);
    process.exit(64);
  }
}

function isNumber(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && Number(value) >= 0;
}
