import type { Command } from 'commander';
import { readBoundedFile } from '../boundedFile.ts';
import { BatonError } from '../errors.ts';
import { bodyFacts } from '../request/body/bodyFacts.ts';
import type { Explanation } from '../scheduling/explanation.ts';
import { adminOfPool } from './adminOfPool.ts';
import { getJson } from './getJson.ts';
import { exitCodesHelp } from './help.ts';
import { printLines } from './printLines.ts';

const timeoutMs = 5_000;

interface ExplainFlags {
  readonly admin: string;
  readonly pool?: string;
  readonly header: readonly string[];
  readonly subset?: string;
  readonly body?: string;
  readonly json: boolean;
}

/** `baton explain`: where a request would go now, and why. */
export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .description('ask an instance where a request would go now, and why; nothing is reserved')
    .option('--header <name:value>', 'a header of the request; may be repeated', appendTo, [])
    .option('--subset <addresses>', 'the subset hint of a gateway: ip:port,ip:port')
    .option('--body <file>', 'a file with the JSON body; its prompt is not sent')
    .option('--admin <host:port>', 'the admin port of the instance', '127.0.0.1:9090')
    .option('--pool <name>', 'a pool of the instance; without it, the one that the request is for')
    .option('--json', 'for programs', false)
    .addHelpText('after', exitCodesHelp)
    .action(async (flags: ExplainFlags) => {
      const explanation = await readExplanation(flags);
      if (flags.json) process.stdout.write(`${JSON.stringify(explanation, null, 2)}\n`);
      else printLines((await import('../admin/explanationText.ts')).explanationText(explanation));
    });
}

/** @throws BatonError `usage-invalid` or `admin-unreachable` */
async function readExplanation({
  admin: address,
  pool,
  header,
  subset,
  body,
}: ExplainFlags): Promise<Explanation> {
  const admin = adminOfPool(address, pool);
  const wrong = header.find((text) => text.indexOf(':') < 1);
  if (wrong !== undefined) {
    throw new BatonError('usage-invalid', `--header ${JSON.stringify(wrong)} is not NAME:VALUE`);
  }
  const parameters = new URLSearchParams(header.map((text): [string, string] => ['header', text]));
  if (subset !== undefined) parameters.set('subset', subset);
  if (body !== undefined) parameters.set('body', await readBodyFacts(body));
  try {
    return (await getJson(`http://${admin}/explain?${parameters}`, timeoutMs)) as Explanation;
  } catch (cause) {
    throw new BatonError('admin-unreachable', `no explanation from the admin port ${admin}`, { cause });
  }
}

/** @throws BatonError `usage-invalid`, or the error of the file */
async function readBodyFacts(file: string): Promise<string> {
  const bytes = await readBoundedFile(file).catch((cause) => {
    throw new BatonError('usage-invalid', `--body ${JSON.stringify(file)} cannot be read`, { cause });
  });
  const facts = bodyFacts(bytes);
  if (facts !== undefined) return facts;
  throw new BatonError('usage-invalid', `--body ${JSON.stringify(file)} has no JSON object`);
}

function appendTo(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}
