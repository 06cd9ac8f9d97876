import { ExtProcClient } from '../../testbed/extProcClient.ts';
import type { Attack, AttackContext } from '../attack.ts';

/** Clients that name their pod: in headers as Envoy may pass them on, and in its metadata. */
const name = 'x-gateway-destination-endpoint';

const names: readonly string[] = [
  name,
  'X-Gateway-Destination-Endpoint',
  name.toUpperCase(),
  name.replaceAll('-', '_'),
  ` ${name}`,
  `${name} `,
  `${name}\t`,
  `${name}:`,
  `${name}\u0000`,
  `${name}\u200b`,
  name.replaceAll('-', '\u2010'),
  `${name}-served`,
  `${name}-subset`,
  'target-pod',
  'x-envoy-original-dst-host',
  ':authority',
  'host',
  '',
];

function values({ outsider }: AttackContext): readonly string[] {
  const port = outsider.slice(outsider.lastIndexOf(':'));
  return [
    outsider,
    `${outsider},${outsider}`,
    ` ${outsider} `,
    `"${outsider}"`,
    `http://${outsider}/`,
    `[::ffff:127.0.0.1]${port}`,
    `127.1${port}`,
    `2130706433${port}`,
    `0x7f000001${port}`,
    `localhost${port}`,
    `127.0.0.1.${port}`,
    `${outsider}\u0000`,
    '',
  ];
}

async function expectNever({ clients, address, outsider }: AttackContext, ask: Ask[]): Promise<void> {
  const client = new ExtProcClient(address);
  try {
    for (let nth = 0; !clients.signal.aborted; nth += 1) {
      const { what, options } = ask[nth % ask.length] as Ask;
      const exchange = await client.open({ ...options, timeoutMs: 10_000 });
      exchange.end();
      await exchange.status;
      clients.begin();
      if (exchange.pod === outsider) throw new Error(`a client chose its pod by ${JSON.stringify(what)}`);
    }
  } finally {
    client.close();
  }
}

interface Ask {
  readonly what: unknown;
  readonly options: Parameters<ExtProcClient['open']>[0];
}

export const spellings: readonly Attack[] = [
  {
    name: 'the destination in a header',
    group: 'spellings',
    run: (context) =>
      expectNever(
        context,
        values(context).flatMap((value) =>
          names.map((key) => {
            const header = { key, raw_value: Buffer.from(value) };
            return { what: [key, value], options: { headers: [header, { key, value }, header] } };
          }),
        ),
      ),
  },
  {
    name: 'the destination in metadata',
    group: 'spellings',
    run: (context) =>
      expectNever(
        context,
        values(context).flatMap((value) =>
          ['envoy.lb', 'envoy.lb.subset_hint', 'envoy.filters.http.ext_proc', ''].flatMap((namespace) =>
            names.map((key) => ({
              what: [namespace, key, value],
              options: { metadata: { [namespace]: { [key]: value } } },
            })),
          ),
        ),
      ),
  },
];
