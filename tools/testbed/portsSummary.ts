import type { Topology } from './topology.ts';

/** Where everything of a running topology is, and the command that asks it for a completion. Text only. */
export function portsSummary({ envoy, etcd, instances, pods, chatUrl }: Topology): string[] {
  const rows: [string, string][] = [
    ['Envoy', `${envoy.url}   admin ${envoy.adminUrl}`],
    ...instances.map(({ name, address, adminUrl }): [string, string] => [
      `baton ${name}`,
      `${address}   state ${adminUrl}/state`,
    ]),
    ...pods.map(({ id, address }): [string, string] => [id, address]),
    ['etcd', etcd?.endpoint ?? 'none'],
  ];
  return [
    'Ask for a completion:',
    '',
    `  curl -N ${chatUrl} -H 'content-type: application/json' \\`,
    `    -d '{"model":"sim-model","stream":true,"messages":[{"role":"user","content":"Hello"}]}'`,
    '',
    ...rows.map(([part, where]) => `  ${part.padEnd(10)} ${where}`),
  ];
}
