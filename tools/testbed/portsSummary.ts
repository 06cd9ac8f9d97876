import type { Topology } from './topology.ts';

/** The addresses of a running topology, and a command that sends a completion request. Pure. */
export function portsSummary({ envoy, etcd, instances, pods, chatUrl }: Topology): string[] {
  const rows: [string, string][] = [
    ['Envoy', `${envoy.url}   admin ${envoy.adminUrl}`],
    ...instances.map(({ name, address, adminUrl }): [string, string] => [
      `baton ${name}`,
      `${address}   dashboard ${adminUrl}/`,
    ]),
    ...pods.map(({ id, address }): [string, string] => [id, address]),
    ['etcd', etcd?.endpoint ?? 'none'],
  ];
  return [
    'Send a completion request:',
    '',
    `  curl -N ${chatUrl} -H 'content-type: application/json' \\`,
    `    -d '{"model":"sim-model","stream":true,"messages":[{"role":"user","content":"Hello"}]}'`,
    '',
    ...rows.map(([part, addresses]) => `  ${part.padEnd(10)} ${addresses}`),
  ];
}
