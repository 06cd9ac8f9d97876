import { gauge, openLabel } from './metric.ts';

export const telemetryGauges = [
  gauge<{ readonly id: string; readonly release: string }>({
    name: 'baton_info',
    labels: [openLabel('id', '`instance.id`'), openLabel('release', '`instance.release`')],
    means: 'Always 1; the labels name the instance and its release',
    worry: 'Never. Join it with other metrics to see them by release.',
    read: ({ id, release }) => [[1, id, release]],
  }),
];
