import type { Instruments } from '../telemetry/instruments.ts';
import { counter, gauge, label } from '../telemetry/metric.ts';
import type { SharedPromptsReport } from './sharedPromptsReport.ts';

export const sharingMetrics = {
  prefixWrittenBytes: counter({
    name: 'baton_prefix_written_bytes',
    labels: [label('record', ['log', 'pods'])],
    means:
      'Bytes that this instance wrote to etcd of where prompts went: `log`, what it placed; `pods`, snapshots',
    worry: 'All instances together write more than `sync.prefixBytesPerSecond`.',
  }),
  prefixWriteFailures: counter({
    name: 'baton_prefix_write_failures',
    labels: [],
    means: 'Writes of where prompts went that failed; they are tried again',
    worry: 'It rises: etcd is unreachable or slow. New prompts of this instance are unknown to the others.',
  }),
  prefixKeysLeftOut: counter({
    name: 'baton_prefix_keys_left_out',
    labels: [],
    means:
      'Beginnings of short prompts that the others are not told of, because of `sync.prefixBytesPerSecond`',
    worry: 'It rises all the time: raise the setting if etcd has room.',
  }),
};
export type SharingMetrics = Instruments<typeof sharingMetrics>;

export const sharingGauges = [
  gauge<SharedPromptsReport | null>({
    name: 'baton_prefix_pods',
    labels: [],
    means: 'Pods of which prompts are known; absent where prompts are not shared',
    worry: 'Never by itself.',
    read: (report) => report?.pods ?? null,
  }),
  gauge<SharedPromptsReport | null>({
    name: 'baton_prefix_entries',
    labels: [],
    means: 'Beginnings of prompts that are known, of all pods',
    worry: 'Instances differ much for longer than a few seconds: they do not read each other.',
    read: (report) => report?.entries ?? null,
  }),
  gauge<SharedPromptsReport | null>({
    name: 'baton_prefix_memory_bytes',
    labels: [],
    unit: 'By',
    means: 'Memory of these entries',
    worry: 'Far more than 16 bytes for each entry.',
    read: (report) => report?.memoryBytes ?? null,
  }),
  gauge<SharedPromptsReport | null>({
    name: 'baton_prefix_waiting_seconds',
    labels: [],
    unit: 's',
    means: 'How long the oldest prompt waits that the others have not been told of',
    worry: 'It exceeds 5 s: etcd is unreachable, or the budget is too small.',
    read: (report) => (report === null ? null : report.waitingMs / 1000),
  }),
];
