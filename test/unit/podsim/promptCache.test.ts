import { parseCompletionRequest } from '../../../tools/podsim/completionRequest.ts';
import { PromptCache } from '../../../tools/podsim/promptCache.ts';

function chat(turns: number, of = 'a'): { text: string; tokens: number } {
  const messages = Array.from({ length: turns }, (_, n) => ({
    role: 'user',
    content: `${of}${n}`.repeat(200),
  }));
  const parsed = parseCompletionRequest({ messages }, 'chat');
  if (parsed.kind === 'problem') throw new Error(parsed.message);
  return { text: parsed.request.promptText(), tokens: parsed.request.promptTokens };
}

function serve(cache: PromptCache, { text, tokens }: { text: string; tokens: number }): number {
  const found = cache.lookUp(text, tokens);
  found.store();
  return found.cachedTokens;
}

describe('the prefix cache of a pod', () => {
  it('has the turns before, in blocks of 16 tokens', () => {
    const cache = new PromptCache(100_000);
    expect(serve(cache, chat(2))).toBe(0);
    const { tokens } = chat(2);
    const cached = serve(cache, chat(4));
    expect(cached % 16).toBe(0);
    expect(cached).toBeGreaterThan(0.8 * tokens);
    expect(serve(cache, chat(4, 'b'))).toBe(0);
    expect(cache.counts).toEqual({ queries: tokens + chat(4).tokens + chat(4, 'b').tokens, hits: cached });
  });

  it('computes the last token always', () => {
    const cache = new PromptCache(1_000);
    const text = 'x'.repeat(64 * 4);
    serve(cache, { text, tokens: 64 });
    expect(serve(cache, { text, tokens: 64 })).toBe(63);
  });

  it('has a prompt once it is computed, not before', () => {
    const cache = new PromptCache(100_000);
    const { text, tokens } = chat(2);
    const first = cache.lookUp(text, tokens);
    expect(cache.lookUp(text, tokens).cachedTokens).toBe(0);
    first.store();
    expect(cache.lookUp(text, tokens).cachedTokens).toBeGreaterThan(0);
  });

  it('drops what was used longest ago, and of a prompt the end first', () => {
    const [one, other] = [chat(4, 'a'), chat(2, 'b')];
    const cache = new PromptCache(one.tokens + 32);
    serve(cache, one);
    serve(cache, other);
    const left = cache.lookUp(one.text, one.tokens).cachedTokens;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(one.tokens - other.tokens + 64);
    expect(cache.lookUp(other.text, other.tokens).cachedTokens).toBeGreaterThan(0.9 * other.tokens - 16);
  });
});
