import { firstCutOffset, mostHashedBytes, nextCutOffset } from '../../../src/prefix/cutOffsets.ts';
import { type HashingScheme, newestScheme } from '../../../src/prefix/hashingSchemes.ts';
import { PromptHasher } from '../../../src/prefix/promptHasher.ts';
import { type BodyFormat, bodyFormatOf } from '../../../src/request/body/bodyFormats.ts';
import { BodyScan } from '../../../src/request/body/bodyScan.ts';
import type { PromptCuts } from '../../../src/request/promptCuts.ts';

const chat = bodyFormatOf('/v1/chat/completions') as BodyFormat;
const completions = bodyFormatOf('/v1/completions') as BodyFormat;
const anthropic = bodyFormatOf('/v1/messages') as BodyFormat;

function cutsOf(
  text: string,
  format = chat,
  pieceBytes = Number.POSITIVE_INFINITY,
  schemes = [newestScheme],
): PromptCuts | undefined {
  const hasher = new PromptHasher(schemes);
  const scan = new BodyScan(hasher);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = Buffer.from(bytes.subarray(at, at + pieceBytes));
    scan.add(piece);
    piece.fill(0);
  }
  scan.end();
  return hasher.cuts(scan, format);
}

const keysOf = (text: string, format = chat): number[] => [...(cutsOf(text, format)?.keys ?? [])];
const message = (role: string, content: string): object => ({ role, content });
const turns = (count: number): object[] =>
  Array.from({ length: count }, (_, n) =>
    message(n % 2 ? 'assistant' : 'user', `${n} ${'word '.repeat(200)}`),
  );
const body = (messages: readonly object[], more: object = {}): string =>
  JSON.stringify({ model: 'm', ...more, messages });

function sharedCuts(one: readonly number[], other: readonly number[]): number {
  let shared = 0;
  while (shared < one.length && one[shared] === other[shared]) shared += 1;
  return shared;
}

describe('the cuts of a prompt', () => {
  it.each([
    [4 * 1024, 16],
    [48 * 1024, 73],
    [220 * 1024, 108],
    [mostHashedBytes, 144],
  ])('of %i bytes are about %i', (bytes, expected) => {
    let count = 0;
    for (let at = firstCutOffset; at <= bytes; at = nextCutOffset(at)) count += 1;
    expect(Math.abs(count - expected)).toBeLessThanOrEqual(1);
  });

  it('of a further turn begin with those of the turn before', () => {
    const before = keysOf(body(turns(8)));
    const after = keysOf(body(turns(10)));
    expect(before.length).toBeGreaterThan(10);
    // The bracket behind the last message is no part of what they have in common.
    expect(sharedCuts(before, after)).toBeGreaterThanOrEqual(before.length - 1);
    expect(after.length).toBeGreaterThan(before.length);
  });

  it.each([1, 7, 255, 256, 257, 4096])(
    'do not depend on the pieces that the body comes in (%i)',
    (pieceBytes) => {
      const text = body(turns(12), { tools: turns(3) });
      expect(cutsOf(text, chat, pieceBytes)).toEqual(cutsOf(text));
    },
  );

  it('do not depend on where the model and the tools are in the body', () => {
    const [messages, tools] = [turns(4), turns(2)];
    expect(keysOf(JSON.stringify({ messages, tools, model: 'm' }))).toEqual(
      keysOf(JSON.stringify({ model: 'm', tools, messages })),
    );
  });

  it.each([
    ['model', { model: 'other' }],
    ['salt', { cache_salt: 'tenant' }],
    ['tools', { tools: turns(1) }],
  ])('have nothing in common where the %s differs', (_what, more) => {
    const [one, other] = [keysOf(body(turns(6))), keysOf(body(turns(6), more))];
    expect(other.filter((key) => one.includes(key))).toEqual([]);
  });

  it('share the context alone where only the tools are the same', () => {
    const tools = turns(2);
    const [one, other] = [keysOf(body(turns(6), { tools })), keysOf(body(turns(6).slice(1), { tools }))];
    expect(sharedCuts(one, other)).toBe(1);
  });

  it('count the tokens of context and prompt', () => {
    const system = 'You are helpful. '.repeat(100);
    const prompt = cutsOf(JSON.stringify({ model: 'm', system, messages: turns(6) }), anthropic);
    expect(prompt?.tokens[0]).toBe(JSON.stringify(system).length / 4);
    expect(prompt?.totalTokens).toBe((JSON.stringify(system).length + JSON.stringify(turns(6)).length) / 4);
    const tokens = [...(prompt?.tokens ?? [])];
    expect(tokens).toEqual(tokens.toSorted((a, b) => a - b));
  });

  it.each([Number.POSITIVE_INFINITY, 1, 5, 300])(
    'count an image as one, whatever its bytes (pieces of %d)',
    (pieceBytes) => {
      const image = (kilobytes: number): object => ({
        role: 'user',
        content: [
          {
            type: 'image_url',
            image_url: { url: `data:image/png;base64,${'iVBORw0K'.repeat(128 * kilobytes)}` },
          },
          { type: 'text', text: 'word '.repeat(300) },
        ],
      });
      const tokensOf = (kilobytes: number): number =>
        cutsOf(body([image(kilobytes), image(kilobytes)]), chat, pieceBytes)?.totalTokens ?? 0;
      expect(tokensOf(50)).toBe(tokensOf(1));
      expect(tokensOf(1)).toBeGreaterThan(2 * 1_000 + 2 * 300);
      expect(tokensOf(1)).toBeLessThan(2 * 1_000 + 2 * 500);
      // What it shows is part of the prompt.
      expect(keysOf(body([image(50)]))).not.toEqual(
        keysOf(body([image(50)]).replaceAll('iVBORw0K', 'iVBORw0L')),
      );
    },
  );

  it('use the last value of a field that comes twice', () => {
    const twice = `{"model":"m","messages":${JSON.stringify(turns(3))},"messages":${JSON.stringify(turns(5))}}`;
    expect(keysOf(twice)).toEqual(keysOf(body(turns(5))));
  });

  it('are those of a text prompt too', () => {
    const text = 'Once upon a time. '.repeat(200);
    const [one, other] = [
      { model: 'm', prompt: text },
      { model: 'm', prompt: `${text}${text}` },
    ];
    expect(
      sharedCuts(keysOf(JSON.stringify(one), completions), keysOf(JSON.stringify(other), completions)),
    ).toBe(keysOf(JSON.stringify(one), completions).length);
  });

  it('by two schemes are those of each, and have no key in common', () => {
    const coarse: HashingScheme = {
      number: newestScheme.number + 1,
      firstCutOffset: 512,
      nextCutOffset: (offset) => 2 * offset,
    };
    const text = body(turns(6), { tools: turns(1) });
    const by = (...schemes: HashingScheme[]): PromptCuts | undefined => cutsOf(text, chat, 100, schemes);
    expect(by(coarse, newestScheme)).toEqual({ ...by(coarse), otherwise: [by(newestScheme)] });
    expect(by(coarse)?.keys.some((key) => by(newestScheme)?.keys.includes(key))).toBe(false);
    expect(by(coarse)?.totalTokens).toBe(by(newestScheme)?.totalTokens);
    expect(by(coarse)?.keys.length).toBeLessThan(by(newestScheme)?.keys.length ?? 0);
  });

  it.each([
    ['a short prompt', body([message('user', 'hello')])],
    ['no prompt', '{"model":"m"}'],
    ['null', '{"model":"m","messages":null}'],
    ['no JSON', 'hello'.repeat(1000)],
    ['a body that ends too early', body(turns(8)).slice(0, -100)],
  ])('are none for %s', (_what, text) => {
    expect(cutsOf(text)).toBeUndefined();
  });
});
