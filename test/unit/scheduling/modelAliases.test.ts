import { ModelAliases } from '../../../src/scheduling/modelAliases.ts';
import { seededRandom } from '../../support/seededRandom.ts';

const table = { 'gpt-4o': { old: 90, new: 10 }, chat: { chat: 3, 'chat-next': 1 } };
const create = (seed = 1) => new ModelAliases(table, seededRandom(seed));

describe('model aliases', () => {
  it('leave any other request as it is', () => {
    for (const request of [{}, { model: 'old' }, { model: 'toString' }, { model: 'gpt-4o-mini' }]) {
      expect(create().resolve(request)).toBe(request);
    }
  });

  it('give requests without a session the variants in their shares', () => {
    const aliases = create();
    const models = Array.from({ length: 2_000 }, () => aliases.resolve({ model: 'gpt-4o' }));
    const share = models.filter(({ model }) => model === 'new').length / models.length;
    expect(share).toBeGreaterThan(0.07);
    expect(share).toBeLessThan(0.13);
    expect(new Set(models.map(({ alias }) => alias))).toEqual(new Set(['gpt-4o']));
  });

  it('give all requests of a session one variant, in every instance, and sessions in their shares', () => {
    const [one, another] = [create(1), create(2)];
    const sessions = Array.from({ length: 2_000 }, (_, nth) => `session-${nth}`);
    const variantOf = (aliases: ModelAliases, session: string) =>
      aliases.resolve({ model: 'gpt-4o', session }).model;
    const variants = sessions.map((session) => variantOf(one, session));
    expect(sessions.map((session) => variantOf(another, session))).toEqual(variants);
    expect(sessions.map((session) => variantOf(one, session))).toEqual(variants);
    const share = variants.filter((model) => model === 'new').length / variants.length;
    expect(share).toBeGreaterThan(0.07);
    expect(share).toBeLessThan(0.13);
  });

  it('may stand for a model of the same name', () => {
    const aliases = create();
    const models = Array.from({ length: 200 }, () => aliases.resolve({ model: 'chat' }));
    expect(new Set(models.map(({ model, alias }) => `${alias} → ${model}`))).toEqual(
      new Set(['undefined → chat', 'chat → chat-next']),
    );
  });

  it('may be added to, and what was added be replaced, without changing those that were there first', () => {
    const aliases = create();
    const modelOf = (model: string) => aliases.resolve({ model }).model;
    aliases.add({ chat: { other: 1 }, review: { 'review-v1': 1 } });
    expect([modelOf('review'), modelOf('chat')]).toEqual(['review-v1', expect.stringMatching(/^chat/)]);
    aliases.add({ news: { 'news-v1': 1 } });
    expect([modelOf('review'), modelOf('news'), aliases.isEmpty]).toEqual(['review', 'news-v1', false]);
    const none = new ModelAliases({}, Math.random);
    none.add({ chat: { other: 1 } });
    none.add({});
    expect([none.isEmpty, none.has('chat')]).toEqual([true, false]);
  });
});
