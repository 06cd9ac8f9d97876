import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BatonError } from '../errors.ts';
import type { Extension, ExtensionFilter } from '../scheduling/extension.ts';
import type { PolicyDefinition } from '../scheduling/policy.ts';
import { extensionProblem } from './extensionProblem.ts';

/** What all modules of `scheduling.extensions` add. */
export interface LoadedExtensions {
  readonly headers: readonly string[];
  readonly policies: readonly PolicyDefinition[];
  readonly filters: readonly ExtensionFilter[];
}

/**
 * Imports the modules, in their order.
 *
 * @param modules paths (`./a.mjs`, `/etc/a.mjs`), or names of packages that are installed in or
 *   above the working directory
 * @throws BatonError `extension-invalid`
 */
export async function loadExtensions(modules: readonly string[]): Promise<LoadedExtensions> {
  const extensions: Extension[] = [];
  const moduleOf = new Map<string, string>();
  for (const module of modules) {
    const extension = await load(module);
    for (const { name } of [...(extension.policies ?? []), ...(extension.filters ?? [])]) {
      const other = moduleOf.get(name);
      if (other !== undefined) throw invalid(module, `${name} is a name of ${other} already`);
      moduleOf.set(name, module);
    }
    extensions.push(extension);
  }
  return {
    headers: [...new Set(extensions.flatMap(({ headers = [] }) => headers))],
    policies: extensions.flatMap(({ policies = [] }) => policies),
    filters: extensions.flatMap(({ filters = [] }) => filters),
  };
}

async function load(module: string): Promise<Extension> {
  let loaded: { readonly default?: unknown };
  try {
    loaded = await import(pathToFileURL(pathOf(module)).href);
  } catch (cause) {
    throw invalid(module, 'it cannot be loaded', cause);
  }
  const problem = extensionProblem(loaded.default);
  if (problem !== undefined) throw invalid(module, problem);
  return loaded.default as Extension;
}

function pathOf(module: string): string {
  if (module.startsWith('.') || isAbsolute(module)) return resolve(module);
  return createRequire(join(process.cwd(), 'baton.js')).resolve(module);
}

function invalid(module: string, problem: string, cause?: unknown): BatonError {
  return new BatonError('extension-invalid', `scheduling.extensions: ${module}: ${problem}`, { cause });
}
