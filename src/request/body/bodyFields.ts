/** Names of models and users have at most some 200 characters, even if all are escaped. */
const textBytes = 1024;
/** Objects with a member that is read. */
const objectBytes = 4096;
/** Only the place of the value is known. */
export const spanOnly = 0;

/**
 * The top-level members of request bodies that are found, under the names that the APIs give them,
 * with the number of bytes up to which a value is kept to be read. `bodyFormats.ts` says which of
 * them an API has.
 */
export const bodyFields = {
  model: textBytes,
  // The prompt.
  messages: spanOnly,
  prompt: spanOnly,
  input: spanOnly,
  text: spanOnly,
  input_ids: spanOnly,
  token_ids: spanOnly,
  // What an engine puts in front of it.
  system: spanOnly,
  instructions: spanOnly,
  tools: spanOnly,
  // How much is to be generated.
  stream: textBytes,
  max_tokens: textBytes,
  max_completion_tokens: textBytes,
  max_output_tokens: textBytes,
  sampling_params: objectBytes,
  // For whom.
  user: textBytes,
  session_id: textBytes,
  prompt_cache_key: textBytes,
  cache_salt: textBytes,
  metadata: objectBytes,
} as const satisfies Record<string, number>;

export type BodyField = keyof typeof bodyFields;

/** The fields whose value is kept to be read. */
export type ReadableBodyField = {
  [Field in BodyField]: (typeof bodyFields)[Field] extends typeof spanOnly ? never : Field;
}[BodyField];

export const bodyFieldNames = Object.keys(bodyFields) as readonly BodyField[];
