import type { Origin } from './problem.ts';

/** The origin of each value of a configuration; the default where no source sets it. */
export class Provenance {
  readonly #byPath = new Map<string, { origin: Origin; parts: ReadonlyMap<string, Origin> }>();

  /** @param parts origins within the value, by path below it */
  set(path: string, origin: Origin, parts: ReadonlyMap<string, Origin> = new Map()): void {
    this.#byPath.set(path, { origin, parts });
  }

  /** The origin of a setting, or of the part of one (`pool.endpoints.2.address`). */
  of(path: string): Origin {
    const names = path.split('.');
    for (let length = names.length; length > 0; length--) {
      const found = this.#byPath.get(names.slice(0, length).join('.'));
      if (found) return nearestPart(found.parts, names.slice(length)) ?? found.origin;
    }
    return { kind: 'default' };
  }
}

function nearestPart(parts: ReadonlyMap<string, Origin>, names: readonly string[]): Origin | undefined {
  for (let length = names.length; length > 0; length--) {
    const origin = parts.get(names.slice(0, length).join('.'));
    if (origin) return origin;
  }
  return undefined;
}
