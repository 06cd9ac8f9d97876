import { ConnectionUsages } from '../../../src/grpc/connectionUsage.ts';

describe('the usage of the connections of a shared port', () => {
  function startUsages() {
    const goneAway: string[] = [];
    const changes: number[] = [];
    const usages: ConnectionUsages = new ConnectionUsages(() => changes.push(usages.serving));
    const begin = (name: string) => usages.begin(() => goneAway.push(name));
    return { usages, goneAway, changes, begin };
  }

  it('counts a new connection until it has served only other calls', () => {
    const { usages, changes, begin } = startUsages();
    const usage = begin('a');
    expect(usages.serving).toBe(1);
    usage.observe('other');
    expect(usages.serving).toBe(0);
    usage.observe('load');
    usage.observe('other');
    expect(usages.serving).toBe(1);
    expect(changes).toEqual([1, 0, 1]);
  });

  it('sheds the youngest connection that carries load, and counts it no more', () => {
    const { usages, goneAway, begin } = startUsages();
    begin('old').observe('load');
    const young = begin('young');
    young.observe('load');
    begin('health checker').observe('other');
    usages.shedConnections(1);
    expect(goneAway).toEqual(['young']);
    expect(usages.serving).toBe(1);
    usages.end(young);
    usages.shedConnections(0);
    usages.shedConnections(5);
    expect(goneAway).toEqual(['young', 'old']);
  });
});
