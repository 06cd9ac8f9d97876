import { Document, type Pair, type Scalar, YAMLMap } from 'yaml';
import { withoutPoolDefaults } from './poolInheritance.ts';
import { formatOrigin } from './problem.ts';
import type { Provenance } from './provenance.ts';
import { redact } from './redact.ts';
import type { Config } from './schema.ts';
import { configTree, isSection, type Section } from './settings.ts';

/**
 * The effective configuration for people: a valid YAML file (except for passwords, printed as
 * stars), each value with its origin as a comment.
 */
export function configAsYaml(config: Config, provenance: Provenance): string {
  const document = new Document();
  document.contents = mapOf(document, configTree, withoutPoolDefaults(config), '', provenance) as never;
  return document.toString({ lineWidth: 0 });
}

/** The same for programs: the configuration, and the origin of every setting by its path. */
export function configAsJson(config: Config, provenance: Provenance): { config: object; origins: object } {
  const origins: Record<string, string> = {};
  const visit = (section: Section, values: object, prefix: string): object =>
    Object.fromEntries(
      present(section, values).map(([name, node, value]) => {
        const path = `${prefix}${name}`;
        if (isSection(node)) return [name, visit(node, value as object, `${path}.`)];
        origins[path] = formatOrigin(provenance.of(path));
        return [name, redact(path, value)];
      }),
    );
  return { config: visit(configTree, withoutPoolDefaults(config), ''), origins };
}

function mapOf(
  document: Document,
  section: Section,
  values: object,
  prefix: string,
  provenance: Provenance,
): YAMLMap {
  const map = new YAMLMap();
  for (const [name, node, value] of present(section, values)) {
    const path = `${prefix}${name}`;
    if (isSection(node)) {
      const child = mapOf(document, node, value as object, `${path}.`, provenance);
      if (child.items.length > 0) map.items.push(document.createPair(name, child));
    } else {
      map.items.push(commented(document, name, redact(path, value), formatOrigin(provenance.of(path))));
    }
  }
  return map;
}

function commented(document: Document, name: string, value: unknown, comment: string): Pair {
  const pair = document.createPair(name, value);
  // A list may stand below its name, so its comment goes above.
  if (Array.isArray(value)) (pair.key as Scalar).commentBefore = ` ${comment}`;
  else (pair.value as Scalar).comment = ` ${comment}`;
  return pair;
}

/** The children of a section that have a value. */
function present(section: Section, values: object) {
  return [...section.children].flatMap(([name, node]) => {
    const value = (values as Record<string, unknown>)[name];
    return value === undefined ? [] : [[name, node, value] as const];
  });
}
