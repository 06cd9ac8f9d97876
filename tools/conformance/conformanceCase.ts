import type { Value } from '../../src/proto/generated/edge/google/protobuf/Value.ts';
import type { GatewayMode } from './gatewayModes.ts';
import type { Picker } from './picker.ts';

/** What only some pickers do, or do when they are set up for it: tried where it is expected. */
export const pickerFeatures = ['one-address', 'clear-route-cache', 'test-header'] as const;
export type PickerFeature = (typeof pickerFeatures)[number];

/** What a case works with. */
export interface CaseContext {
  readonly picker: Picker;
  readonly mode: GatewayMode;
  /** The first message says how the gateway is configured. */
  readonly isAnnounced: boolean;
  /** Endpoints of the picker, as far as they are known. */
  readonly endpoints: readonly string[];
  readonly expects: ReadonlySet<PickerFeature>;
  /** Named in bodies. */
  readonly model: string;
  /** Streams at once. */
  readonly streams: number;
  /** How long nothing may come where nothing is expected. */
  readonly quietMs: number;
}

export interface ConformanceCase {
  /** In the form `group/case`. */
  readonly name: string;
  /** In a few words. */
  readonly sends: string;
  readonly expects: string;
  /** Default: all. */
  readonly modes?: readonly GatewayMode[];
  /** Tried only where the picker is expected to have it. */
  readonly feature?: PickerFeature;
  /** Tried only over TLS. */
  readonly needsTls?: true;
  /** How many endpoints must be known. Default 0. */
  readonly endpoints?: number;
  /**
   * @returns what was received, in one line
   * @throws UnexpectedAnswer
   */
  readonly run: (context: CaseContext) => Promise<string>;
}

/** The picker did something else than what a case expects. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';

  /** @param received everything that came, in one line */
  constructor(what: string, received: string) {
    super(`${what}; received: ${received}`);
  }
}

/** A list of strings as a hint has it. */
export const listValue = (...texts: readonly string[]): Value => ({
  listValue: { values: texts.map((stringValue) => ({ stringValue })) },
});
