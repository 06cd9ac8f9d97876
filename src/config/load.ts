import { firstLineOf, reasonOfFileError } from '../boundedFile.ts';
import { bearerTokenForm } from '../nameForms.ts';
import { type Assignment, merge, type SourceValues } from './assignment.ts';
import { configFileVariable, readEnvironment } from './environmentSource.ts';
import { readConfigFlags } from './flagSource.ts';
import type { ConfigFlags } from './flags.ts';
import { formatIssue, isCrossField } from './issues.ts';
import { inheritPools, misplacedPoolSettings, onlyPool } from './poolInheritance.ts';
import type { Origin, Problem } from './problem.ts';
import type { ProcessEnv } from './processEnv.ts';
import type { Provenance } from './provenance.ts';
import { isGiven, missingSettings, type Requirement } from './requirements.ts';
import { type Config, configSchema } from './schema.ts';
import { bearerTokenMeans } from './validators.ts';
import { valueAt } from './valueAt.ts';
import { readYaml } from './yamlSource.ts';

/** Either a valid configuration with the origin of every value, or all problems. */
export type Loaded =
  | { readonly kind: 'ok'; readonly config: Config; readonly provenance: Provenance }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** Sources of a command with defaults and flags of its own. */
export interface Preset {
  /** @param given what all other sources say */
  readonly defaults: (given: readonly Assignment[]) => readonly Assignment[];
  /** They override the environment. */
  readonly flags: SourceValues;
}

/**
 * Loads the configuration: defaults, YAML file, environment, flags; each overrides those before. It
 * prints nothing and does not end the process.
 */
export function load(flags: ConfigFlags, env: ProcessEnv, need: Requirement, preset?: Preset): Loaded {
  const file = readConfigFile(flags, env);
  const hasPools = file.assignments.some(({ setting, value }) => setting.path === 'pools' && isGiven(value));
  const { pool: poolName, ...others } = flags;
  const readings = [
    file,
    readEnvironment(env.environment),
    ...(preset === undefined ? [] : [preset.flags]),
    readConfigFlags(hasPools ? others : flags),
  ];
  const given = readings.flatMap(({ assignments }) => assignments);
  const { tree: asGiven, provenance } = merge([...(preset?.defaults(given) ?? []), ...given]);
  const tree = inheritPools(asGiven);
  const problems = readings.flatMap((reading) => reading.problems);
  problems.push(...misplacedPoolSettings(asGiven, provenance));

  const parsed = configSchema.safeParse(tree);
  for (const issue of parsed.error?.issues ?? []) {
    // The content of an unreadable file is unknown, so nothing is known to be missing.
    if (file.isBroken && isCrossField(issue)) continue;
    // What a pool inherits is a problem once, where it is given.
    const isInherited = issue.path[0] === 'pools' && valueAt(asGiven, issue.path) === undefined;
    if (isInherited && valueAt(tree, issue.path) !== undefined) continue;
    problems.push(...formatIssue(issue, tree, provenance));
  }
  if (!file.isBroken) problems.push(...missingSettings(need, tree));
  if (!parsed.success) return { kind: 'invalid', problems };

  const { admin, instance, etcd } = parsed.data;
  const secrets = new SecretFiles(env, provenance);
  const password = secrets.read('etcd.password', etcd.passwordFile);
  const token = secrets.read('admin.token', admin.tokenFile);
  if (token !== undefined && !bearerTokenForm.test(token)) {
    secrets.refuse(
      'admin.token',
      `the first line of ${admin.tokenFile} is no token: expected ${bearerTokenMeans}`,
    );
  }
  problems.push(...secrets.problems);
  if (problems.length > 0) return { kind: 'invalid', problems };

  const config: Config = {
    ...parsed.data,
    instance: {
      ...instance,
      id: instance.id || env.instanceId(),
      release: instance.release || env.packageVersion,
    },
    etcd: password === undefined ? etcd : { ...etcd, password },
    admin: token === undefined ? admin : { ...admin, token },
  };
  if (!hasPools || poolName === undefined) return { kind: 'ok', config, provenance };
  const only = onlyPool(config, poolName);
  return only === undefined ? unknownPool(poolName, config) : { kind: 'ok', config: only, provenance };
}

function unknownPool(name: string, { pools }: Config): Loaded {
  const names = pools.map((pool) => pool.name).join(', ');
  const message = `${JSON.stringify(name)} given, expected one of ${names}`;
  return {
    kind: 'invalid',
    problems: [{ path: 'pools', origin: { kind: 'flag', name: '--pool' }, message }],
  };
}

function readConfigFile(flags: ConfigFlags, { environment, readFile }: ProcessEnv) {
  const named = environment[configFileVariable] || undefined;
  const file = flags.config ?? named;
  if (file === undefined) return { assignments: [], problems: [], isBroken: false };
  const origin: Origin =
    flags.config !== undefined
      ? { kind: 'flag', name: '--config' }
      : { kind: 'environment', name: configFileVariable };
  const content = tryRead(file, readFile);
  if (content.kind === 'read') return readYaml(file, content.text);
  return { assignments: [], problems: [{ path: '', origin, message: content.message }], isBroken: true };
}

/** Secrets that a file beside the configuration holds, in its first line. */
class SecretFiles {
  readonly problems: Problem[] = [];
  readonly #env: ProcessEnv;
  readonly #provenance: Provenance;

  constructor(env: ProcessEnv, provenance: Provenance) {
    this.#env = env;
    this.#provenance = provenance;
  }

  /** @returns undefined: no file is configured, or it cannot be read */
  read(path: string, file: string | undefined): string | undefined {
    if (file === undefined) return undefined;
    const content = tryRead(file, this.#env.readFile);
    if (content.kind === 'failed') return this.refuse(path, content.message);
    const text = firstLineOf(content.text);
    if (text === '') return this.refuse(path, `${file} has no first line`);
    this.#provenance.set(path, this.#provenance.of(`${path}File`));
    return text;
  }

  refuse(path: string, message: string): undefined {
    const setting = `${path}File`;
    this.problems.push({ path: setting, origin: this.#provenance.of(setting), message });
  }
}

type Content =
  | { readonly kind: 'read'; readonly text: string }
  | { readonly kind: 'failed'; readonly message: string };

function tryRead(file: string, readFile: ProcessEnv['readFile']): Content {
  try {
    return { kind: 'read', text: readFile(file) };
  } catch (error) {
    return { kind: 'failed', message: `cannot read ${file}: ${reasonOfFileError(error)}` };
  }
}
