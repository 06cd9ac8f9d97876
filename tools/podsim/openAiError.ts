/** Errors in the format of the OpenAI API, which its client libraries show. */
export interface OpenAiError {
  readonly error: {
    readonly message: string;
    readonly type: 'invalid_request_error' | 'server_error';
    /** The field of the body that is wrong. */
    readonly param: string | null;
    readonly code: string | null;
  };
}

export function openAiError(
  status: number,
  message: string,
  { param = null, code = null }: { readonly param?: string | null; readonly code?: string | null } = {},
): OpenAiError {
  return {
    error: { message, type: status >= 500 ? 'server_error' : 'invalid_request_error', param, code },
  };
}
