/** The flags of every command that works on the configuration. Light: loads no schema. */
export interface ConfigFlags {
  readonly config?: string;
  readonly set?: readonly string[];
  readonly pool?: string;
  readonly address?: string;
  readonly admin?: string;
  readonly workers?: string;
  readonly etcd?: readonly string[];
  readonly endpoint?: readonly string[];
  readonly release?: string;
  readonly generation?: string;
  readonly policy?: string;
  readonly logLevel?: string;
}

/** Only the flags of `addStoreFlags`: other flags of a command may have the names of settings. */
export function storeFlags({ config, etcd, logLevel, pool, set }: ConfigFlags): ConfigFlags {
  return {
    ...(config !== undefined && { config }),
    ...(etcd !== undefined && { etcd }),
    ...(logLevel !== undefined && { logLevel }),
    ...(pool !== undefined && { pool }),
    ...(set !== undefined && { set }),
  };
}

/** Collects the values of a repeatable option. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}
