import { BatonError } from '../../src/errors.ts';
import { conformanceCases } from './cases/index.ts';
import type { CaseContext } from './conformanceCase.ts';
import { type ConformanceOptions, isNamed } from './conformanceOptions.ts';
import { discoverEndpoints } from './discoverEndpoints.ts';
import { Picker } from './picker.ts';
import { type ConformanceReport, createConformanceReport } from './report/conformanceReport.ts';
import { type CaseResult, runCases } from './runCases.ts';

/** How long nothing may come where nothing is expected. */
const quietMs = 200;

/**
 * Runs the suite against an endpoint picker.
 *
 * @throws BatonError when the picker cannot be reached
 */
export async function checkConformance(
  options: ConformanceOptions,
  onResult?: (result: CaseResult) => void,
): Promise<ConformanceReport> {
  const { target, mode, only, skip } = options;
  const picker = new Picker(options);
  try {
    const problem = await picker.connect();
    if (problem !== undefined) {
      throw new BatonError('target-unreachable', `no gRPC connection to ${target}: ${problem}`);
    }
    const context: CaseContext = { ...options, picker, quietMs };
    const endpoints = options.endpoints.length > 0 ? options.endpoints : await discoverEndpoints(context);
    const cases = conformanceCases.filter(
      ({ name }) => (only.length === 0 || isNamed(name, only)) && !isNamed(name, skip),
    );
    const results = await runCases(cases, { ...context, endpoints }, onResult);
    return createConformanceReport(target, mode, endpoints, results);
  } finally {
    await picker.close();
  }
}
