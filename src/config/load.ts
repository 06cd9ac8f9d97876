import { reasonOfFileError } from '../boundedFile.ts';
import { type Assignment, merge, type SourceValues } from './assignment.ts';
import { configFileVariable, readEnvironment } from './environmentSource.ts';
import { readConfigFlags } from './flagSource.ts';
import type { ConfigFlags } from './flags.ts';
import { formatIssue, isCrossField } from './issues.ts';
import type { Origin, Problem } from './problem.ts';
import type { ProcessEnv } from './processEnv.ts';
import type { Provenance } from './provenance.ts';
import { missingSettings, type Requirement } from './requirements.ts';
import { type Config, configSchema } from './schema.ts';
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
  const readings = [
    file,
    readEnvironment(env.environment),
    ...(preset === undefined ? [] : [preset.flags]),
    readConfigFlags(flags),
  ];
  const given = readings.flatMap(({ assignments }) => assignments);
  const { tree, provenance } = merge([...(preset?.defaults(given) ?? []), ...given]);
  const problems = readings.flatMap((reading) => reading.problems);

  const parsed = configSchema.safeParse(tree);
  for (const issue of parsed.error?.issues ?? []) {
    // The content of an unreadable file is unknown, so nothing is known to be missing.
    if (file.isBroken && isCrossField(issue)) continue;
    problems.push(...formatIssue(issue, tree, provenance));
  }
  if (!file.isBroken) problems.push(...missingSettings(need, tree));
  if (!parsed.success) return { kind: 'invalid', problems };

  const password = readPassword(parsed.data.etcd.passwordFile, env, provenance);
  if (password.kind === 'problem') problems.push(password.problem);
  if (problems.length > 0 || password.kind === 'problem') return { kind: 'invalid', problems };

  const { instance, etcd } = parsed.data;
  const config: Config = {
    ...parsed.data,
    instance: {
      ...instance,
      id: instance.id || env.instanceId(),
      release: instance.release || env.packageVersion,
    },
    etcd: password.kind === 'read' ? { ...etcd, password: password.text } : etcd,
  };
  return { kind: 'ok', config, provenance };
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

type Password =
  | { readonly kind: 'none' }
  | { readonly kind: 'read'; readonly text: string }
  | { readonly kind: 'problem'; readonly problem: Problem };

function readPassword(file: string | undefined, { readFile }: ProcessEnv, provenance: Provenance): Password {
  if (file === undefined) return { kind: 'none' };
  const path = 'etcd.passwordFile';
  const origin = provenance.of(path);
  const content = tryRead(file, readFile);
  if (content.kind === 'failed')
    return { kind: 'problem', problem: { path, origin, message: content.message } };
  const text = content.text.split(/\r?\n/, 1)[0] ?? '';
  if (text === '')
    return { kind: 'problem', problem: { path, origin, message: `${file} has no first line` } };
  provenance.set('etcd.password', origin);
  return { kind: 'read', text };
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
