import { PodPrefixes } from '../../src/prefix/podPrefixes.ts';
import { PromptHasher } from '../../src/prefix/promptHasher.ts';
import { type BodyFormat, bodyFormatOf } from '../../src/request/body/bodyFormats.ts';
import { BodyScan } from '../../src/request/body/bodyScan.ts';
import type { PromptCuts } from '../../src/request/promptCuts.ts';
import type { Policy } from '../../src/scheduling/policy.ts';
import { PolicySet } from '../../src/scheduling/policySet.ts';
import { seededRandom } from '../../test/support/seededRandom.ts';
import { medianMicros, print } from './time.ts';

/**
 * The cost of knowing where prompts are cached: a body that is scanned and hashed, the choice of a
 * pod, and the memory of what pods have.
 */
const format = bodyFormatOf('/v1/chat/completions') as BodyFormat;
const load = { inFlight: () => 3, localInFlight: () => 1, unacknowledgedPicks: () => 0 };

for (const kilobytes of [32, 48, 220]) {
  const bytes = bodyOf(kilobytes, 0);
  print(
    `${kilobytes} KB: scan and hash`,
    medianMicros(() => cutsOf(bytes)),
    'µs',
  );
}
for (const count of [10, 100, 128, 1_000, 10_000]) {
  print(`prefix, ${count} endpoints, 48 KB`, choiceMicros(count), 'µs');
}
const pods = Array.from({ length: 100 }, () => new PodPrefixes(10_000 * 64));
const bytesBefore = process.memoryUsage().arrayBuffers;
for (const [pod, prefixes] of pods.entries()) {
  for (let n = 0; n < 100; n += 1) prefixes.place(cutsOfText(pod * 100 + n));
}
print('a million entries of 100 pods', (process.memoryUsage().arrayBuffers - bytesBefore) / 2 ** 20, 'MiB');

function bodyOf(kilobytes: number, seed: number): Buffer {
  const content = `${seed} It was a bright cold day in April, and the clocks were striking. `.repeat(60);
  const count = Math.round((kilobytes * 1024) / content.length);
  const messages = Array.from({ length: count }, () => ({ role: 'user', content }));
  return Buffer.from(JSON.stringify({ model: 'm', messages }));
}

function cutsOf(bytes: Buffer): PromptCuts {
  const hasher = new PromptHasher();
  const scan = new BodyScan(hasher);
  scan.add(bytes);
  return hasher.cuts(scan, format) as PromptCuts;
}

/** 100 entries of 64 tokens each. */
function cutsOfText(seed: number): PromptCuts {
  const random = seededRandom(seed);
  const keys = Uint32Array.from({ length: 100 }, () => random() * 2 ** 32);
  return { keys, tokens: Float64Array.from(keys, (_, index) => 64 * (index + 1)), totalTokens: 6_400 };
}

/** To choose a pod, name its alternates and note the choice, where every pod has prompts. */
function choiceMicros(count: number): number {
  const policy = new PolicySet({ random: seededRandom(1) }).named('prefix') as Policy;
  const endpoints = Array.from({ length: count }, (_, index) => ({
    address: `10.0.${index >> 8}.${index & 255}:8000`,
    weight: 1,
    labels: {},
    models: [],
  }));
  const prompts = Array.from({ length: 200 }, (_, seed) => cutsOf(bodyOf(48, seed)));
  let next = 0;
  return medianMicros(() => {
    const request = { prompt: prompts[next++ % prompts.length] as PromptCuts };
    const chosen = policy.choose(endpoints, load, request);
    policy.alternates?.(chosen, endpoints, load, request);
    policy.onPicked?.(chosen, endpoints, request);
  });
}
