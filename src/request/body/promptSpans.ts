import type { BodyField } from './bodyFields.ts';
import type { BodyFormat } from './bodyFormats.ts';
import type { BodyScan } from './bodyScan.ts';
import type { BodySpan } from './fieldValue.ts';

/** Where the bytes are that an engine makes the prompt of. */
export interface PromptSpans {
  /** In the format's order, whatever the order in the body. */
  readonly context: readonly BodySpan[];
  readonly prompt: BodySpan;
}

/**
 * The spans of the prompt and of what comes in front of it. undefined: there is no prompt, or it
 * has not begun. Until the scan is `whole`, further context may follow.
 *
 * A literal is no prompt: clients send `null` for the fields that they do not use.
 */
export function promptSpans(scan: BodyScan, format: BodyFormat): PromptSpans | undefined {
  const prompt = spansOf(scan, format.prompt)[0];
  return prompt === undefined ? undefined : { context: spansOf(scan, format.context), prompt };
}

function spansOf(scan: BodyScan, fields: readonly BodyField[]): BodySpan[] {
  return fields
    .map((field) => scan.span(field))
    .filter((span) => span !== undefined && span.kind !== 'literal') as BodySpan[];
}
