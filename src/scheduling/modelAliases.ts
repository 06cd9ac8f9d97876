import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Random } from './load.ts';
import { hashText } from './rendezvous.ts';

/** By the alias: the weights of its variants, each above 0, by their model names. */
export type AliasTable = Readonly<Record<string, Readonly<Record<string, number>>>>;

interface Variant {
  readonly model: string;
  /** The sum of the weights up to and with its own. */
  readonly upTo: number;
}

/**
 * Model names that stand for others, in given shares. All requests of a session get the same
 * variant, in every instance; requests without one get it at random.
 */
export class ModelAliases {
  readonly #own: AliasTable;
  readonly #random: Random;
  #variants: ReadonlyMap<string, readonly Variant[]>;

  constructor(table: AliasTable, random: Random) {
    this.#own = table;
    this.#random = random;
    this.#variants = variantsByAlias(table);
  }

  get isEmpty(): boolean {
    return this.#variants.size === 0;
  }

  /** Replaces what came by the last call; the aliases of the constructor take precedence. */
  add(table: AliasTable): void {
    this.#variants = variantsByAlias({ ...table, ...this.#own });
  }

  has(model: string | undefined): boolean {
    return model !== undefined && this.#variants.has(model);
  }

  /** The request for a variant; the request itself where its model is no alias of another one. */
  resolve(request: SchedulingRequest): SchedulingRequest {
    const { model: alias, session } = request;
    const variants = alias === undefined ? undefined : this.#variants.get(alias);
    if (alias === undefined || variants === undefined) return request;
    const share = session === undefined ? this.#random() : hashText(`${alias}\n${session}`) / 0x1_0000_0000;
    const total = variants.at(-1)?.upTo ?? 0;
    const model = variants.find(({ upTo }) => share * total < upTo)?.model ?? alias;
    return model === alias ? request : { ...request, model, alias };
  }
}

function variantsByAlias(table: AliasTable): ReadonlyMap<string, readonly Variant[]> {
  return new Map(Object.entries(table).map(([alias, weights]) => [alias, variantsOf(weights)]));
}

function variantsOf(weights: Readonly<Record<string, number>>): readonly Variant[] {
  let upTo = 0;
  return Object.entries(weights).map(([model, weight]) => {
    upTo += weight;
    return { model, upTo };
  });
}
