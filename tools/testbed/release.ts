/** A release that instances run: its label, its generation, and the command that starts it. */
export interface Release {
  readonly release: string;
  readonly generation: number;
  /**
   * Starts another Baton build; its words may contain the placeholders below. Undefined: this
   * build.
   */
  readonly command?: readonly string[];
}

/** The values of `{config}` and so on in the command of a release. */
export interface Placeholders {
  /** The configuration file; it contains all of the below as well. */
  readonly config: string;
  /** gRPC, `ip:port`. */
  readonly address: string;
  /** HTTP, `ip:port`. */
  readonly admin: string;
  readonly release: string;
  readonly generation: string;
}

const placeholder = /\{(config|address|admin|release|generation)\}/g;

export function fillPlaceholders(command: readonly string[], values: Placeholders): string[] {
  return command.map((word) => word.replace(placeholder, (_, name: keyof Placeholders) => values[name]));
}
