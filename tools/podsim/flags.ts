import { isListenAddress, splitHostPort } from '../../src/hostPort.ts';
import { type EngineName, enginePresets } from './engine/enginePresets.ts';
import type { PodsimOptions } from './server.ts';

/** Parses the flags of `baton podsim`: options, or every problem at once. */
export interface PodsimFlags {
  readonly address: string;
  readonly id: string;
  readonly model: string;
  readonly slots: string;
  readonly ttftMs: string;
  readonly tokenMs: string;
  readonly tokens: string;
  readonly promptTokenMs: string;
  readonly cacheTokens: string;
  readonly engine?: string;
  readonly engineSpeed: string;
  readonly adapters: string;
  readonly jitter: string;
  readonly strictModel: boolean;
}

export type ParsedPodsimFlags =
  | { readonly kind: 'options'; readonly options: PodsimOptions }
  /** Each names the flag, its value and what is expected. */
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

const maxCount = 100_000;
/** Some 100 MB of hashes. */
const mostCacheTokens = 16_000_000;
const maxDelayMs = 3_600_000;
const fastestEngine = 1_000;
const engineNames = Object.keys(enginePresets);
const plainNumber = /^\d+(\.\d+)?$/;

export function parsePodsimFlags(flags: PodsimFlags): ParsedPodsimFlags {
  const problems: string[] = [];
  const expect = (isSound: boolean, flag: string, given: string, expected: string) => {
    if (!isSound) problems.push(`${flag} is ${JSON.stringify(given)}; expected ${expected}`);
  };
  const number = (flag: string, given: string, min: number, max: number, isWhole: boolean) => {
    const value = plainNumber.test(given) ? Number(given) : Number.NaN;
    const isSound = value >= min && value <= max && (!isWhole || Number.isInteger(value));
    expect(isSound, flag, given, `a ${isWhole ? 'whole ' : ''}number from ${min} to ${max}`);
    return value;
  };

  const isAddress = isListenAddress(flags.address);
  expect(isAddress, '--address', flags.address, 'host:port, as 127.0.0.1:8001, [::1]:8001 or 127.0.0.1:0');
  // It is the value of a header.
  expect(/^[\w.-]{1,100}$/.test(flags.id), '--id', flags.id, 'letters, digits, ".", "_" and "-"');
  expect(/^\S{1,200}$/.test(flags.model), '--model', flags.model, 'a name without spaces');
  const { engine } = flags;
  const isEngine = engine === undefined || engineNames.includes(engine);
  expect(isEngine, '--engine', engine ?? '', `one of ${engineNames.join(', ')}`);
  const adapters = flags.adapters.split(',').filter(Boolean);
  const areAdapters = adapters.every((name) => /^[\w./-]{1,200}$/.test(name));
  expect(areAdapters, '--adapters', flags.adapters, 'names separated by commas');
  const options: PodsimOptions = {
    ...(isAddress ? splitHostPort(flags.address) : { host: '', port: 0 }),
    id: flags.id,
    model: flags.model,
    slots: number('--slots', flags.slots, 1, maxCount, true),
    ttftMs: number('--ttft-ms', flags.ttftMs, 0, maxDelayMs, false),
    tokenMs: number('--token-ms', flags.tokenMs, 0, maxDelayMs, false),
    tokensPerReply: number('--tokens', flags.tokens, 1, maxCount, true),
    promptTokenMs: number('--prompt-token-ms', flags.promptTokenMs, 0, maxDelayMs, false),
    cacheTokens: number('--cache-tokens', flags.cacheTokens, 0, mostCacheTokens, true),
    ...(engine !== undefined && isEngine && { engine: engine as EngineName }),
    engineSpeed: number('--engine-speed', flags.engineSpeed, 0.001, fastestEngine, false),
    adapters,
    jitter: number('--jitter', flags.jitter, 0, 1, false),
    strictModel: flags.strictModel,
  };
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'options', options };
}
