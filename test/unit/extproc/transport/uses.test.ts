import { Uses } from '../../../../src/extproc/transport/uses.ts';

describe('the uses of the connections of a shared port', () => {
  function begun() {
    const uses = new Uses();
    const left: string[] = [];
    const changes: number[] = [];
    uses.onChange(() => changes.push(uses.serving));
    const begin = (name: string) => uses.begin(() => left.push(name));
    return { uses, left, changes, begin };
  }

  it('count a new connection until only health was asked on it', () => {
    const { uses, changes, begin } = begun();
    const use = begin('a');
    expect(uses.serving).toBe(1);
    use.asked('health');
    expect(uses.serving).toBe(0);
    use.asked('streams');
    use.asked('health');
    expect(uses.serving).toBe(1);
    expect(changes).toEqual([1, 0, 1]);
  });

  it('let the youngest go that brings streams, and count it no more', () => {
    const { uses, left, begin } = begun();
    begin('old').asked('streams');
    const young = begin('young');
    young.asked('streams');
    begin('checker').asked('health');
    uses.letGo(1);
    expect(left).toEqual(['young']);
    expect(uses.serving).toBe(1);
    uses.end(young);
    uses.letGo(0);
    uses.letGo(5);
    expect(left).toEqual(['young', 'old']);
  });
});
