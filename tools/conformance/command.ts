import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { exitCodes } from '../../src/errors.ts';
import { runCommandLine } from '../commandLine/runCommandLine.ts';
import { conformanceCases } from './cases/index.ts';
import { checkConformance } from './conformance.ts';
import { pickerFeatures } from './conformanceCase.ts';
import {
  type ConformanceFlags,
  conformanceDefaults as defaults,
  parseConformanceFlags,
} from './conformanceOptions.ts';
import { gatewayModes } from './gatewayModes.ts';
import { formatCaseResult, formatTotals } from './report/conformanceReport.ts';
import { junitXml } from './report/junit.ts';

const help = `
Stands in for a gateway: it sends an endpoint picker the messages that Envoy sends, of good requests and of bad
ones, and holds every answer against the rules of ext_proc and of the endpoint picker protocol. Each case is one
line: what was sent, expected and received. The picker may be any, but for its endpoints, which must be IP addresses.

Subset cases need endpoints: those that decisions name, or --endpoint.

Exit codes:
  0   no case failed
  1   a case failed
  64  the command line is wrong
  69  no gRPC connection`;

/** `baton conformance`: a black-box suite for endpoint pickers. Returns the exit code. */
export function runConformance(args: readonly string[]): Promise<number> {
  return runCommandLine(conformanceCommand(), args, conformance);
}

export function conformanceCommand(): Command {
  const repeatable = (value: string, before: string[] = []): string[] => [...before, value];
  return new Command('baton conformance')
    .description('try an endpoint picker as a gateway uses it, and report what it does wrong')
    .option('--target <host:port>', 'the picker, ours or another one')
    .option('--health-target <host:port>', 'its gRPC health, where that has a port of its own, without TLS')
    .option('--tls', 'use TLS, and verify no certificate, as gateways do')
    .option('--mode <mode>', `how the gateway is configured: ${gatewayModes.join(', ')}`, defaults.mode)
    .option('--unannounced', 'do not say so in the first message, as Envoy before 1.34')
    .option('--endpoint <ip:port>', 'an endpoint of the picker, repeatable', repeatable)
    .option(
      '--expect <feature>',
      `what this picker has, repeatable: ${pickerFeatures.join(', ')}`,
      repeatable,
    )
    .option('--model <name>', 'the model that bodies name', defaults.model)
    .option('--streams <number>', 'streams at once', defaults.streams)
    .option('--timeout-ms <number>', 'the longest wait for one answer', defaults.timeoutMs)
    .option('--only <case>', 'a case or a group such as "body", repeatable', repeatable)
    .option('--skip <case>', 'the same for those that are not to run', repeatable)
    .option('--json <file>', 'write the report as JSON')
    .option('--junit <file>', "write the report as JUnit's XML")
    .option('--list', 'print the cases and run none')
    .addHelpText('after', help);
}

async function conformance(flags: ConformanceFlags, command: Command): Promise<number> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  if (flags.list) {
    for (const { name, sends, expects } of conformanceCases) print(`${name}: ${sends} | ${expects}`);
    return exitCodes.ok;
  }
  const names = conformanceCases.map(({ name }) => name);
  const parsed = parseConformanceFlags(flags, names);
  if (parsed.kind === 'problems') command.error(`error: ${parsed.problems.join('\nerror: ')}`);
  const report = await checkConformance(parsed.options, (result) => print(formatCaseResult(result)));
  print(formatTotals(report));
  try {
    if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(report, null, 2)}\n`);
    if (flags.junit !== undefined) await writeFile(flags.junit, junitXml(report));
  } catch (error) {
    process.stderr.write(`baton: ${(error as Error).message}\n`);
    return exitCodes.failed;
  }
  return report.failed > 0 || report.passed === 0 ? exitCodes.failed : exitCodes.ok;
}
