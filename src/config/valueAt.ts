/** What is at a path in a tree of settings: a dotted name, or the list of its parts. */
export function valueAt(tree: unknown, path: string | readonly PropertyKey[]): unknown {
  const names = typeof path === 'string' ? path.split('.') : path;
  return names.reduce<unknown>(
    (node, name) => (node as Record<PropertyKey, unknown> | null | undefined)?.[name],
    tree,
  );
}
