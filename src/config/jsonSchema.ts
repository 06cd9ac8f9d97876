import { z } from 'zod';
import { configSchema } from './schema.ts';

/** The JSON schema of the YAML file, for editors. Relations between settings are beyond it. */
export function jsonSchema(): object {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // The limits of a double say nothing about a setting.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return { title: 'Baton configuration', ...schema };
}
