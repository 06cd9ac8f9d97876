import { createHash } from 'node:crypto';
import type { Baton } from '../../tools/testbed/baton.ts';
import { allCountsReturnToZero } from '../support/counts.ts';
import { waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { HttpPod } from '../support/httpPod.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { postBody } from '../support/postBody.ts';
import { useTopology } from '../support/topology.ts';

/** Pods that know the variants of an alias and not the alias: what they get. */
checkForLeaks();

const alias = 'gpt-4o';
const aliasHeader = 'x-served-model';

interface Received {
  readonly variant: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly contentLength: string | undefined;
  readonly header: string | undefined;
}

describe.each([
  ['in the body', undefined],
  ['in a header', aliasHeader],
])('an alias of two models, whose name pods read %s', (_where, header) => {
  const pods: HttpPod[] = [];
  beforeAll(async () => {
    for (const variant of ['llama-70b', 'llama "new" 70b é']) {
      const pod = await HttpPod.start(
        ({ headers, body }): Received => ({
          variant,
          sha256: createHash('sha256').update(body).digest('hex'),
          bytes: body.length,
          contentLength: headers['content-length'],
          header: headers[aliasHeader]?.toString(),
        }),
      );
      pods.push(pod);
    }
  });
  afterAll(() => Promise.all(pods.map((pod) => pod.stop())));
  // A header cannot have every character.
  const variants = ['llama-70b', header === undefined ? 'llama "new" 70b é' : 'llama-new'];
  const topology = useTopology(async () => ({
    instances: 1,
    etcd: false,
    externalPods: pods.map(({ address }) => address),
    baton: {
      pool: {
        // They share this process with the clients.
        probe: { timeoutMs: 10_000 },
        endpoints: pods.map(({ address }, nth) => ({ address, models: [variants[nth]] })),
      },
      scheduling: {
        modelAliases: { [alias]: { [variants[0] as string]: 60, [variants[1] as string]: 40 } },
        ...(header && { aliasHeader: header }),
      },
    },
    amendEnvoy: waitForDecisions,
  }));
  const modelOf = ({ variant }: Received): string => variants[variant === 'llama-70b' ? 0 : 1] ?? '';

  /** Sends a body that names the alias; only that may have changed when the pod gets it. */
  const send = async (
    form: (model: string) => string,
    { headers = {}, announcesLength = true, pieces = 1 } = {},
  ): Promise<string> => {
    const sent = Buffer.from(form(JSON.stringify(alias)));
    const size = Math.ceil(sent.length / pieces);
    const parts = Array.from({ length: pieces }, (_, nth) => sent.subarray(nth * size, (nth + 1) * size));
    const { status, text } = await postBody(topology().chatUrl, parts, { announcesLength, headers });
    expect({ status, text }).toMatchObject({ status: 200 });
    const received: Received = JSON.parse(text);
    const variant = modelOf(received);
    const expected = header === undefined ? Buffer.from(form(JSON.stringify(variant))) : sent;
    // A changed body that Envoy buffers in part comes in chunks.
    const hasLength = announcesLength && (header !== undefined || sent.length <= 1_048_576);
    expect(received).toMatchObject({
      sha256: createHash('sha256').update(expected).digest('hex'),
      bytes: expected.length,
      ...(hasLength && { contentLength: String(expected.length) }),
      ...(header !== undefined && { header: variant }),
    });
    return variant;
  };

  const filling = (bytes: number) => `[{"role":"user","content":"${'x'.repeat(bytes)}"}]`;
  const both = new Set(variants);

  it.each([
    ['in front', 100, (model: string, rest: string) => `{"model":${model},${rest}}`],
    ['behind it', 220_000, (model: string, rest: string) => `{${rest}, "model" : ${model} }\n`],
    ['twice', 5_000, (model: string, rest: string) => `{"model":"other",${rest},"mod\\u0065l":${model}}`],
    [
      'behind what Envoy must buffer',
      3_000_000,
      (model: string, rest: string) => `{${rest},"model":${model}}`,
    ],
  ])(
    'with the model %s of %i bytes: only its value changes, with the length',
    async (_place, bytes, form) => {
      const rest = `"messages":${filling(bytes)}`;
      const found = new Set<string>();
      for (let nth = 0; nth < 30 && found.size < 2; nth += 1) {
        found.add(await send((model) => form(model, rest)));
        found.add(await send((model) => form(model, rest), { announcesLength: false, pieces: 3 }));
      }
      expect(found).toEqual(both);
    },
    120_000,
  );

  it('for many prompts at once', async () => {
    const form = (model: string) => `{"messages":${filling(220_000)},"model":${model}}`;
    const found = await Promise.all(Array.from({ length: 100 }, () => send(form)));
    expect(new Set(found)).toEqual(both);
  }, 60_000);

  it('also in the part of a prompt that Envoy buffers', async () => {
    await send((model) => `{"model":${model},"messages":${filling(40_000_000)}}`);
  }, 120_000);

  it('also where a header names it', async () => {
    const headers = { 'x-baton-model': alias };
    const found = new Set<string>();
    for (let nth = 0; nth < 30; nth += 1) found.add(await send((model) => `{"model":${model}}`, { headers }));
    expect(found).toEqual(both);
  });

  it('a session keeps its variant', async () => {
    const found = new Set<string>();
    for (let session = 0; session < 12; session += 1) {
      const headers = { 'x-session-id': `s${session}` };
      const [first, second] = [
        await send((model) => `{"model":${model}}`, { headers }),
        await send((model) => `{"messages":[],"model":${model}}`, { headers }),
      ];
      expect(second).toBe(first);
      found.add(first);
    }
    expect(found).toEqual(both);
    await allCountsReturnToZero(topology());
  });

  it('a body that names a variant itself arrives as it is', async () => {
    const text = JSON.stringify({ messages: ['x'.repeat(2_000)], model: variants[1] });
    const answer = await postBody(topology().chatUrl, [Buffer.from(text)]);
    const received: Received = JSON.parse(answer.text);
    expect(modelOf(received)).toBe(variants[1]);
    expect(received.sha256).toBe(createHash('sha256').update(text).digest('hex'));
    expect(received.header).toBeUndefined();
    const [baton] = topology().instances as [Baton];
    await eventually(async () => expect((await baton.state()).streams.open).toBe(0));
  });
});
