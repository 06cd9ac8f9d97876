import { extensionContract } from '../scheduling/extension.ts';

const vendorName = /^[a-z0-9][a-z0-9-]*\/[a-z0-9][a-z0-9-]*$/;
const headerName = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
const knownKeys = ['contract', 'headers', 'policies', 'filters'];

/** What is wrong with a module's default export, and what would be right; undefined: nothing. */
export function extensionProblem(exported: unknown): string | undefined {
  if (!isObject(exported)) {
    return `its default export must be an object: { contract: ${extensionContract}, policies: [...], filters: [...] }`;
  }
  if (exported.contract !== extensionContract) {
    return `contract is ${JSON.stringify(exported.contract)}; this release knows contract ${extensionContract}`;
  }
  const unknown = Object.keys(exported).find((key) => !knownKeys.includes(key));
  if (unknown !== undefined) return `unknown key ${unknown}; expected ${knownKeys.join(', ')}`;
  const { headers = [], policies = [], filters = [] } = exported;
  if (!Array.isArray(headers) || !headers.every((name) => typeof name === 'string' && headerName.test(name)))
    return 'headers must be a list of header names in lower case';
  return listProblem('policies', policies, 'create') ?? listProblem('filters', filters, 'apply');
}

function listProblem(list: string, members: unknown, method: string): string | undefined {
  if (!Array.isArray(members)) return `${list} must be a list`;
  const names = new Set<unknown>();
  for (const [index, member] of members.entries()) {
    const where = `${list}[${index}]`;
    if (!isObject(member)) return `${where} must be an object with name, summary and ${method}`;
    const { name, summary } = member;
    if (typeof name !== 'string' || !vendorName.test(name))
      return `${where}.name is ${JSON.stringify(name)}; expected vendor/name in lower case`;
    if (names.has(name)) return `${where}.name ${name} is there twice`;
    names.add(name);
    if (typeof summary !== 'string') return `${where}.summary must be a line of text`;
    if (typeof member[method] !== 'function') return `${where}.${method} must be a function`;
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
