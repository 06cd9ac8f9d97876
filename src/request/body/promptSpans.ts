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
  const fields = promptFields(scan, format);
  if (fields === undefined) return undefined;
  const spanOf = (field: BodyField): BodySpan => scan.span(field) as BodySpan;
  return { context: fields.context.map(spanOf), prompt: spanOf(fields.prompt) };
}

/** The fields of the same spans. */
export interface PromptFields {
  readonly context: readonly BodyField[];
  readonly prompt: BodyField;
}

export function promptFields(scan: BodyScan, format: BodyFormat): PromptFields | undefined {
  const isText = (field: BodyField): boolean => {
    const span = scan.span(field);
    return span !== undefined && span.kind !== 'literal';
  };
  const prompt = format.prompt.find(isText);
  return prompt === undefined ? undefined : { context: format.context.filter(isText), prompt };
}
