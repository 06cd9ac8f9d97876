import type { Baton } from '../../tools/testbed/baton.ts';
import { allCountsReturnToZero, localInFlight } from '../support/counts.ts';
import { waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { type PostOptions, postBody, Upload } from '../support/postBody.ts';
import type { HttpExchangeResult } from '../support/sendHttp.ts';
import { useTopology } from '../support/topology.ts';
import { endpointsWithModels, servedModel, useTwoModels } from '../support/twoModels.ts';

/** Requests find the pods of their model where only their body names it. */
checkForLeaks();

/** The full count of the requirement: BODIES=10000. */
const requests = Number(process.env.BODIES ?? 300);
const clients = 16;

const content = (bytes: number): string => `[{"role":"user","content":"${'x'.repeat(bytes)}"}]`;
const escaped = (text: string): string =>
  [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

/** Bodies that name their model, each in another way. */
const forms: readonly ((model: string, other: string) => string)[] = [
  (model) => `{"model":"${model}","messages":${content(20)},"max_tokens":1}`,
  (model) => `{"max_tokens":1,"messages":${content(30_000)},"model":"${model}"}`,
  (model) => `{"max_tokens":1,"mod\\u0065l":"${escaped(model)}","messages":${content(500)}}`,
  (model, other) => `{"model":"${other}","max_tokens":1,"messages":${content(2000)},"model":"${model}"}`,
  (model, other) =>
    ` \n{"metadata":{"model":"${other}"},"max_tokens":1,"messages":${content(200_000)} , "model" : "${model}"} `,
  (model, other) =>
    `{"max_tokens":1,"messages":[{"role":"user","content":"\\",\\"model\\":\\"${other}\\""}],"model":"${model}"}`,
];

/** Ways to send them. */
const ways: readonly ((text: string) => readonly [Buffer[], PostOptions])[] = [
  (text) => [[Buffer.from(text)], {}],
  (text) => [[Buffer.from(text)], { announcesLength: false }],
  (text) => [inPieces(Buffer.from(text), 3), { gapMs: 3 }],
  (text) => [inPieces(Buffer.from(text), 5), { announcesLength: false, gapMs: 1 }],
];

function inPieces(bytes: Buffer, count: number): Buffer[] {
  const size = Math.ceil(bytes.length / count);
  return Array.from({ length: count }, (_, nth) => bytes.subarray(nth * size, (nth + 1) * size));
}

describe('two models on four pods, and the model in the body', () => {
  const pods = useTwoModels();
  const topology = useTopology(async () => ({
    instances: 1,
    etcd: false,
    externalPods: pods().map(({ address }) => address),
    baton: { pool: { endpoints: endpointsWithModels(pods()) } },
    amendEnvoy: waitForDecisions,
  }));
  const baton = () => topology().instances[0] as Baton;
  afterEach(() => allCountsReturnToZero(topology()));

  const send = (nth: number): Promise<HttpExchangeResult> => {
    const [model, other] = nth % 2 === 0 ? (['a', 'b'] as const) : (['b', 'a'] as const);
    const form = forms[Math.floor(nth / 2) % forms.length] as (typeof forms)[number];
    const way = ways[Math.floor(nth / 2 / forms.length) % ways.length] as (typeof ways)[number];
    const [pieces, options] = way(form(model, other));
    return postBody(topology().chatUrl, pieces, options);
  };

  it(`sends ${requests} requests to the pods of their models`, async () => {
    const misrouted: string[] = [];
    let next = 0;
    const client = async (): Promise<void> => {
      for (let nth = next++; nth < requests; nth = next++) {
        const answer = await send(nth);
        const isRight = answer.status === 200 && servedModel(answer) === (nth % 2 === 0 ? 'a' : 'b');
        if (!isRight) misrouted.push(`${nth}: ${answer.status} ${answer.text.slice(0, 100)}`);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    expect(misrouted).toEqual([]);
  }, 600_000);

  it.each([
    ['in front', true],
    ['behind it', true],
    ['behind it', false],
  ])(
    'finds the model of a prompt of 20 MB %s (length announced: %s)',
    async (where, announcesLength) => {
      for (const model of ['a', 'b', 'a', 'b']) {
        const name = `"model":"${model}"`;
        const rest = `"max_tokens":1,"messages":${content(20_000_000)}`;
        const text = where === 'in front' ? `{${name},${rest}}` : `{${rest},${name}}`;
        const answer = await postBody(topology().chatUrl, [Buffer.from(text)], { announcesLength });
        expect([answer.status, servedModel(answer)]).toEqual([200, model]);
      }
    },
    120_000,
  );

  it('answers 404 itself where no pod serves the model', async () => {
    const text = '{"messages":[],"max_tokens":1,"model":"c"}';
    const { status, headers, text: answer } = await postBody(topology().chatUrl, [Buffer.from(text)]);
    expect({ status, servedBy: headers['x-podsim-id'] }).toEqual({ status: 404, servedBy: undefined });
    expect(JSON.parse(answer).error).toMatchObject({ code: 'model_not_found' });
  });

  it('says what helps where the proxy buffers too little to show the model', async () => {
    const text = `{"max_tokens":1,"messages":${content(40_000_000)},"model":"a"}`;
    const answer = await postBody(topology().chatUrl, [Buffer.from(text)]);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text).error).toMatchObject({ code: 'model_not_read' });
  }, 120_000);

  it('a slow upload is no load', async () => {
    const text = Buffer.from('{"messages":[],"max_tokens":1,"model":"b"}');
    const upload = new Upload(topology().chatUrl, text.length);
    upload.send(text.subarray(0, 20));
    await eventually(async () => expect((await baton().state()).streams.open).toBe(1));
    expect(await localInFlight([baton()])).toBe(0);
    upload.send(text.subarray(20));
    const answer = await upload.end();
    expect([answer.status, servedModel(answer)]).toEqual([200, 'b']);
  });

  it('keeps no count of uploads that are aborted', async () => {
    const uploads = Array.from({ length: 100 }, () => new Upload(topology().chatUrl, 1_000_000));
    for (const upload of uploads) upload.send(Buffer.from(`{"messages":${content(5000)}`));
    await eventually(async () => expect((await baton().state()).streams.open).toBe(100));
    for (const upload of uploads) upload.abort();
    await allCountsReturnToZero(topology());
  });
});
