import { counter, gauge, openLabel } from './metric.ts';

export const telemetryMetrics = {
  logLinesDropped: counter({
    name: 'baton_log_lines_dropped',
    labels: [],
    means: 'Log lines that were not written: the reader is slow, or the disk is full',
    worry: 'Any rise: the log is incomplete.',
  }),
};

export const telemetryGauges = [
  gauge<{ readonly id: string; readonly release: string }>({
    name: 'baton_info',
    labels: [openLabel('id', '`instance.id`'), openLabel('release', '`instance.release`')],
    means: 'Always 1; the labels name the instance and its release',
    worry: 'Never. Join it with other metrics to see them by release.',
    read: ({ id, release }) => [[1, id, release]],
  }),
];
