import { encodeLoads } from '../../../src/ledger/loadRecord.ts';
import { LoadReports } from '../../../src/ledger/loadReports.ts';
import { PeerCounts } from '../../../src/ledger/peerCounts.ts';

describe('the load report of a peer', () => {
  it('says at once to which addresses it assigned more tokens, and they are counted then', () => {
    const peers = new PeerCounts({ staleDecayMs: 1000, nowMs: () => 0 });
    const onUnreadable = (key: string): never => {
      throw new Error(`${key} is unreadable`);
    };
    const reports = new LoadReports({ localId: 'b', peers, onLocal() {}, onUnreadable });
    const said: unknown[] = [];
    reports.onPeerTokens((address) => said.push([address, peers.tokens(address)]));
    const report = (id: string, sequence: number, tokens: Record<string, number>): void => {
      const counts = Object.keys(tokens).map((address) => [address, sequence] as const);
      reports.onPut(id, encodeLoads(sequence, counts, new Map(Object.entries(tokens))));
    };
    report('a', 1, { x: 100, y: 50 });
    report('a', 2, { x: 100, y: 80 });
    report('c', 1, { x: 7, y: 0 });
    report('b', 1, { x: 9_000, y: 0 });
    expect(said).toEqual([
      ['y', 50],
      ['x', 100],
      ['y', 80],
      ['x', 107],
    ]);
  });
});
