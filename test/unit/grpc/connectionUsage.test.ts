import { ConnectionUsages } from '../../../src/grpc/connectionUsage.ts';

describe('the uses of the connections of a shared port', () => {
  function begun() {
    const uses = new ConnectionUsages();
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
    use.observe('health');
    expect(uses.serving).toBe(0);
    use.observe('streams');
    use.observe('health');
    expect(uses.serving).toBe(1);
    expect(changes).toEqual([1, 0, 1]);
  });

  it('let the youngest go that brings streams, and count it no more', () => {
    const { uses, left, begin } = begun();
    begin('old').observe('streams');
    const young = begin('young');
    young.observe('streams');
    begin('checker').observe('health');
    uses.shedConnections(1);
    expect(left).toEqual(['young']);
    expect(uses.serving).toBe(1);
    uses.end(young);
    uses.shedConnections(0);
    uses.shedConnections(5);
    expect(left).toEqual(['young', 'old']);
  });
});
