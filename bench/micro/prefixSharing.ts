import { PlacementLog } from '../../src/prefix/placementLog.ts';
import { PodPrefixes } from '../../src/prefix/podPrefixes.ts';
import {
  decodePodPrefixes,
  decodePrefixLog,
  encodePodPrefixes,
  encodePrefixLog,
} from '../../src/proto/records/prefixRecords.ts';
import type { PromptCuts } from '../../src/request/promptCuts.ts';
import { seededRandom } from '../../test/support/seededRandom.ts';
import { medianMicros, print } from './time.ts';

/**
 * What it costs to share which prompts went to which pods: bytes in etcd, and the time to write and
 * read them. Prompts are turns of conversations of 12,000 tokens, as in the trace of conversations.
 */
const cacheTokens = 427_000;
const cutsOfPrompt = 73;
const tokensOfPrompt = 12_000;
/** In a quarter of a second, for each of eight instances at 100 requests a second in all. */
const promptsOfRecord = 3;

const random = seededRandom(1);

function prompt(): PromptCuts {
  const keys = Uint32Array.from({ length: cutsOfPrompt }, () => random() * 2 ** 32);
  const tokens = Float64Array.from(keys, (_, index) => ((index + 1) * tokensOfPrompt) / cutsOfPrompt);
  return { keys, tokens, totalTokens: tokensOfPrompt };
}

function logOf(prompts: number): Uint8Array {
  const pods = new Map<string, PodPrefixes>();
  const log = new PlacementLog();
  for (let nth = 0; nth < prompts; nth += 1) {
    const address = `10.0.0.${nth % 20}:8000`;
    const pod = pods.get(address) ?? new PodPrefixes(cacheTokens);
    pods.set(address, pod);
    const placed = prompt();
    log.add(address, placed, pod.place(placed));
  }
  return encodePrefixLog({
    hashingScheme: 1,
    startedUnixMs: Date.now(),
    pods: log.take(1_000_000).map(({ address, computedTokens, long, short }) => ({
      address,
      computedTokens,
      entries: (pods.get(address) as PodPrefixes).entriesOf([...long, ...short]),
    })),
  });
}

const full = new PodPrefixes(cacheTokens);
for (let tokens = 0; tokens < 2 * cacheTokens; tokens += tokensOfPrompt) full.place(prompt());
const snapshot = encodePodPrefixes({ hashingScheme: 1, entries: full.newestEntries(8_192) });
const record = logOf(promptsOfRecord);

print('a prompt in the log', record.length / promptsOfRecord, 'bytes');
print('a full pod’s snapshot', snapshot.length, 'bytes');
print(
  'log record: encode',
  medianMicros(() => logOf(promptsOfRecord)),
  'µs',
);
const reader = new PodPrefixes(cacheTokens);
print(
  'log record: decode and merge',
  medianMicros(() => {
    for (const { entries } of decodePrefixLog(record).pods) reader.merge(entries);
  }),
  'µs',
);
print(
  'snapshot: collect and encode',
  medianMicros(() => encodePodPrefixes({ hashingScheme: 1, entries: full.newestEntries(8_192) })),
  'µs',
);
print(
  'snapshot: decode and merge',
  medianMicros(() => new PodPrefixes(cacheTokens).merge(decodePodPrefixes(snapshot).entries)),
  'µs',
);
