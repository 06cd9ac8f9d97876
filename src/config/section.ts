import { z } from 'zod';

/**
 * A part of the tree: every setting in it has a default, so the part may be left out; unknown keys
 * are problems.
 */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? 'a mapping of settings' : undefined),
  });
}
