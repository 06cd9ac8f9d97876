import type { ProcessingResponse } from '../proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { externalProcessorService } from '../proto/services.ts';
import type { BodySpan } from '../request/body/fieldValue.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Rejection } from '../scheduling/decision.ts';
import type { ModelAliases } from '../scheduling/modelAliases.ts';
import { KeptBody, type KeptBodyBudget } from './keptBody.ts';
import type { RepliesTo } from './routeReplies.ts';

/** A body whose model may be replaced. */
export interface RewritableBody {
  /** The value of its `model`. undefined: it has none, or not a whole one. */
  readonly model: string | undefined;
  /** Where this value is. */
  readonly span: BodySpan | undefined;
  readonly kept: KeptBody;
  /** Envoy sends it as a whole, with its length. */
  readonly isBuffered: boolean;
}

export interface ModelRewriterOptions {
  readonly aliases: ModelAliases;
  /** The header in which pods accept the model. undefined: they read the body. */
  readonly header: string | undefined;
  readonly budget: KeptBodyBudget;
}

/**
 * Chooses a variant for a model that is an alias, and gives the pod its name: in a header where the
 * pods accept that, else in the body, of which only the value of `model` changes.
 */
export class ModelRewriter {
  readonly #options: ModelRewriterOptions;

  constructor(options: ModelRewriterOptions) {
    this.#options = options;
  }

  resolve(request: SchedulingRequest): SchedulingRequest {
    return this.#options.aliases.resolve(request);
  }

  /** Does a body have to come although the headers name the model? */
  changesBodyOf({ model }: SchedulingRequest): boolean {
    const { aliases, header } = this.#options;
    return header === undefined && aliases.has(model);
  }

  /** For a body that may have to be changed; undefined: none is. */
  keep(): KeptBody | undefined {
    const { header, budget } = this.#options;
    return header === undefined ? new KeptBody(budget) : undefined;
  }

  /** What takes the place of the model in a body that runs through; undefined: it stays. */
  replacement({ alias, model = '' }: SchedulingRequest, inBody: string | undefined): Buffer | undefined {
    if (this.#options.header !== undefined || alias === undefined || inBody !== alias) return undefined;
    return Buffer.from(JSON.stringify(model));
  }

  /** Why the body cannot be changed as the request needs it; undefined: it can, or need not be. */
  refusal({ alias }: SchedulingRequest, body: RewritableBody | undefined): Rejection | undefined {
    if (alias === undefined || body?.model !== alias || body.kept.isComplete) return undefined;
    return { kind: 'body-not-kept', model: alias };
  }

  /**
   * The reply that also names the variant. Encoded messages that follow each other are one message,
   * so the reply needs no other form.
   *
   * @param body undefined: it does not come, or need not be changed
   */
  amend(
    reply: Buffer,
    { alias, model = '' }: SchedulingRequest,
    repliesTo: RepliesTo,
    body?: RewritableBody,
  ): Buffer {
    if (alias === undefined) return reply;
    const { header } = this.#options;
    if (header !== undefined) {
      const response = { header_mutation: { set_headers: [setHeader(header, model)] } };
      return Buffer.concat([reply, encode({ [repliesTo]: { response } })]);
    }
    if (body?.model !== alias || body.span === undefined) return reply;
    return Buffer.concat([reply, bodyChange(body, body.span, model)]);
  }
}

function bodyChange(body: RewritableBody, { start, end }: BodySpan, model: string): Buffer {
  const bytes = body.kept.replaced(start, end, Buffer.from(JSON.stringify(model)));
  // Of a body that is buffered in part Envoy accepts no length: the pod gets it in chunks.
  const header_mutation = body.isBuffered
    ? { set_headers: [setHeader('content-length', String(bytes.length))] }
    : { remove_headers: ['content-length'] };
  const response = { header_mutation, body_mutation: { body: bytes } };
  return encode({ request_body: { response } });
}

function setHeader(key: string, value: string) {
  const append_action = 'OVERWRITE_IF_EXISTS_OR_ADD' as const;
  return { header: { key, raw_value: Buffer.from(value) }, append_action };
}

function encode(reply: ProcessingResponse): Buffer {
  return externalProcessorService.Process.responseSerialize(reply);
}
