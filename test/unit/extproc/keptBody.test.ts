import { KeptBody, KeptBodyBudget } from '../../../src/extproc/keptBody.ts';
import { ModelRewriter } from '../../../src/extproc/modelRewriter.ts';
import { ModelAliases } from '../../../src/scheduling/modelAliases.ts';

describe('bodies that are kept to be changed', () => {
  it('are copies, put together with the change', () => {
    const budget = new KeptBodyBudget(100);
    const body = new KeptBody(budget);
    const part = Buffer.from('{"model":');
    body.add(part);
    part.fill('x');
    body.add(Buffer.from('"a","n":1}'));
    expect(body.replaced(9, 12, Buffer.from('"long"')).toString()).toBe('{"model":"long","n":1}');
    expect(budget.bytes).toBe(19);
    body.drop();
    body.drop();
    expect(budget.bytes).toBe(0);
  });

  it('are changed wherever they are cut', () => {
    const text = '{"m":"abc"}';
    for (let first = 0; first <= text.length; first += 1) {
      for (let second = first; second <= text.length; second += 1) {
        const body = new KeptBody(new KeptBodyBudget(100));
        for (const part of [text.slice(0, first), text.slice(first, second), text.slice(second)]) {
          body.add(Buffer.from(part));
        }
        expect(body.replaced(5, 10, Buffer.from('"x"')).toString()).toBe('{"m":"x"}');
      }
    }
  });

  it('do not exceed the budget together, and one that would leaves nothing', () => {
    const budget = new KeptBodyBudget(10);
    const [one, another] = [new KeptBody(budget), new KeptBody(budget)];
    one.add(Buffer.alloc(6));
    another.add(Buffer.alloc(3));
    another.add(Buffer.alloc(3));
    expect([one.isComplete, another.isComplete]).toEqual([true, false]);
    expect(budget.bytes).toBe(6);
    another.add(Buffer.alloc(1));
    expect(budget.bytes).toBe(6);
  });
});

describe('a body that was not kept', () => {
  const budget = new KeptBodyBudget(3);
  const aliases = new ModelAliases({ a: { b: 1 } }, Math.random);
  const rewriter = new ModelRewriter({ aliases, header: undefined, budget });
  const body = (model: string) => {
    const kept = rewriter.keep() as KeptBody;
    kept.add(Buffer.from('{}{}'));
    return { model, span: undefined, kept, isBuffered: true };
  };

  it('is refused where it names an alias', () => {
    const request = rewriter.resolve({ model: 'a' });
    expect(rewriter.refusal(request, body('a'))).toEqual({ kind: 'body-not-kept', model: 'a' });
  });

  it('is no matter where it names none', () => {
    expect(rewriter.refusal(rewriter.resolve({ model: 'b' }), body('b'))).toBeUndefined();
  });
});
