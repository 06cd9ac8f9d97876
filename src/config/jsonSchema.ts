import { z } from 'zod';
import { configSchema } from './schema.ts';

/** The JSON schema of the YAML file, for editors. It has no rules between settings. */
export function jsonSchema(): object {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // The limit of a double is not a limit of the setting.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return { title: 'Baton configuration', ...schema };
}
