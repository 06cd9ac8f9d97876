import { type CaseContext, type ConformanceCase, UnexpectedAnswer } from './conformanceCase.ts';

export type CaseOutcome = 'passed' | 'failed' | 'skipped';

export interface CaseResult {
  readonly name: string;
  readonly outcome: CaseOutcome;
  readonly sent: string;
  readonly expected: string;
  /** Of a skipped case why. */
  readonly received: string;
  readonly durationMs: number;
}

/**
 * Runs cases one after the other on one connection. A case ends in every case: its waits do, and
 * its streams are reset behind it.
 *
 * @param onResult called after each
 */
export async function runCases(
  cases: readonly ConformanceCase[],
  context: CaseContext,
  onResult: (result: CaseResult) => void = () => {},
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const each of cases) {
    const result = await runCase(each, context);
    results.push(result);
    onResult(result);
  }
  return results;
}

async function runCase(each: ConformanceCase, context: CaseContext): Promise<CaseResult> {
  const { name, sends: sent, expects: expected } = each;
  const startMs = performance.now();
  const ended = (outcome: CaseOutcome, received: string): CaseResult => ({
    name,
    outcome,
    sent,
    expected,
    received,
    durationMs: Math.round(performance.now() - startMs),
  });
  const why = whySkipped(each, context);
  if (why !== undefined) return ended('skipped', why);
  try {
    return ended('passed', await each.run(context));
  } catch (error) {
    if (error instanceof UnexpectedAnswer) return ended('failed', error.message);
    // A client error of gRPC that no case knows: of the picker's making.
    return ended('failed', `the client failed: ${(error as Error).message}`);
  } finally {
    await context.picker.abortAll();
  }
}

function whySkipped(
  { modes, feature, needsTls, endpoints: needed = 0 }: ConformanceCase,
  { picker, mode, expects, endpoints }: CaseContext,
): string | undefined {
  if (modes !== undefined && !modes.includes(mode)) return `not in the mode ${mode}`;
  if (feature !== undefined && !expects.has(feature)) return `not expected (--expect ${feature})`;
  if (needsTls && !picker.options.isTls) return 'not over TLS (--tls)';
  if (endpoints.length < needed) {
    return `needs ${needed} known endpoints, there are ${endpoints.length} (--endpoint)`;
  }
  return undefined;
}
