import { Assignments } from '../../../src/eds/assignments.ts';
import { DeltaSubscription } from '../../../src/eds/deltaSubscription.ts';
import type { DeltaRequest, StateRequest } from '../../../src/eds/discoveryRequest.ts';
import { StateSubscription } from '../../../src/eds/stateSubscription.ts';

const served = new Set(['a', 'b']);
const common = { typeUrl: '', nodeId: '', refusal: undefined };

function nonces(): () => string {
  let count = 0;
  return () => `n${++count}`;
}

/** One version: both clusters have the pods of one pool. Two: each has those of its own. */
function atVersions([first = '', second]: readonly string[]): Assignments {
  const of = (version: string) => ({ version, body: Buffer.alloc(0) });
  if (second === undefined) return new Assignments([{ clusters: ['a', 'b'], assignment: of(first) }]);
  return new Assignments([
    { clusters: ['a'], assignment: of(first) },
    { clusters: ['b'], assignment: of(second) },
  ]);
}

describe('a client of the state of the world', () => {
  let subscription = new StateSubscription(served);
  let nonce = nonces();
  const ask = (names: string[], answered = '', refusal?: string) =>
    subscription.onRequest({ ...common, names: new Set(names), nonce: answered, refusal } as StateRequest);
  const next = (...versions: string[]) => subscription.next(atVersions(versions), nonce);
  const response = (name: string, clusters: string[]) => ({ nonce: name, clusters, removed: [] });

  beforeEach(() => {
    subscription = new StateSubscription(served);
    nonce = nonces();
  });

  it('gets what it asks for once, and again only when the pool changes', () => {
    expect(next('1')).toBeUndefined();
    expect(ask(['a'])).toBe('none');
    expect(next('1')).toEqual(response('n1', ['a']));
    expect(ask(['a'], 'n1')).toBe('accepted');
    expect(next('1')).toBeUndefined();
    expect(next('2')).toEqual(response('n2', ['a']));
  });

  it('gets at most one response until it has answered, then the newest', () => {
    ask(['a']);
    next('1');
    expect([next('2'), next('3')]).toEqual([undefined, undefined]);
    ask(['a'], 'n1');
    expect(next('4')).toEqual(response('n2', ['a']));
  });

  it('gets all that it asks for when one of its pools changes', () => {
    ask(['a', 'b']);
    next('1', '1');
    ask(['a', 'b'], 'n1');
    expect(next('1', '1')).toBeUndefined();
    expect(next('1', '2')).toEqual(response('n2', ['a', 'b']));
  });

  it('does not get again what it refused, but the next change', () => {
    ask(['a']);
    next('1');
    expect(ask(['a'], 'n1', 'malformed')).toBe('refused');
    expect(next('1')).toBeUndefined();
    expect(next('2')).toEqual(response('n2', ['a']));
  });

  it('gets everything when it adds a name, nothing when it removes one', () => {
    ask(['a']);
    next('1');
    ask(['a', 'b'], 'n1');
    expect(next('1')).toEqual(response('n2', ['a', 'b']));
    ask(['a', 'b'], 'n2');
    ask(['b'], 'n2');
    expect(next('1')).toBeUndefined();
    expect(next('2')).toEqual(response('n3', ['b']));
  });

  it('gets the same again when it asks again after its answer', () => {
    ask(['a']);
    next('1');
    ask(['a'], 'n1');
    expect(ask(['a'], 'n1')).toBe('none');
    expect(next('1')).toEqual(response('n2', ['a']));
    expect(ask(['a'], 'n2')).toBe('accepted');
    expect(next('1')).toBeUndefined();
  });

  it('says nothing with a request that answers an earlier response', () => {
    ask(['a']);
    next('1');
    ask(['a'], 'n1');
    next('2');
    expect(ask(['b'], 'n1', 'late refusal')).toBe('none');
    expect(next('3')).toBeUndefined();
    expect(ask(['a'], 'n2')).toBe('accepted');
  });

  it.each([[[]], [['*']]])('gets every cluster when it asks for %j', (names) => {
    ask(names);
    expect(next('1')).toEqual(response('n1', ['a', 'b']));
  });

  it('gets a name again that a late request left out', () => {
    ask(['a', 'b']);
    next('1');
    ask(['a', 'b'], 'n1');
    expect(next('2')).toEqual(response('n2', ['a', 'b']));
    expect([ask(['a'], 'n1'), ask(['a', 'b'], 'n1')]).toEqual(['none', 'none']);
    expect(ask(['a', 'b'], 'n2')).toBe('accepted');
    expect(next('2')).toEqual(response('n3', ['a', 'b']));
  });

  it('gets nothing more when it asks for nothing after it had names', () => {
    ask(['a']);
    next('1');
    ask([], 'n1');
    expect(next('2')).toBeUndefined();
  });

  it('gets only what is served, and the rest is reported once', () => {
    ask(['a', 'x']);
    expect(subscription.takeUnknown()).toEqual(['x']);
    expect(subscription.takeUnknown()).toEqual([]);
    expect(next('1')).toEqual(response('n1', ['a']));
  });
});

describe('a client of the incremental protocol', () => {
  let subscription = new DeltaSubscription(served);
  let nonce = nonces();
  const ask = (
    change: Partial<Omit<DeltaRequest, 'subscribe' | 'unsubscribe'>> & {
      subscribe?: string[];
      unsubscribe?: string[];
    },
  ) =>
    subscription.onRequest({
      ...common,
      nonce: '',
      initialVersions: new Map(),
      ...change,
      subscribe: new Set(change.subscribe ?? []),
      unsubscribe: new Set(change.unsubscribe ?? []),
    } as DeltaRequest);
  const next = (...versions: string[]) => subscription.next(atVersions(versions), nonce);

  beforeEach(() => {
    subscription = new DeltaSubscription(served);
    nonce = nonces();
  });

  it('gets what it lacks, one response at a time', () => {
    ask({ subscribe: ['a'] });
    expect(next('1')).toEqual({ nonce: 'n1', clusters: ['a'], removed: [] });
    ask({ subscribe: ['b'] });
    expect(next('1')).toBeUndefined();
    expect(ask({ nonce: 'n1' })).toBe('accepted');
    expect(next('1')).toEqual({ nonce: 'n2', clusters: ['b'], removed: [] });
    ask({ nonce: 'n2' });
    expect(next('1')).toBeUndefined();
    expect(next('2')).toEqual({ nonce: 'n3', clusters: ['a', 'b'], removed: [] });
  });

  it('gets only the cluster whose pool has changed', () => {
    ask({ subscribe: ['a', 'b'] });
    next('1', '1');
    ask({ nonce: 'n1' });
    expect(next('1', '2')).toEqual({ nonce: 'n2', clusters: ['b'], removed: [] });
  });

  it('gets nothing when it comes from another instance with the same version', () => {
    ask({ subscribe: ['a', 'b'], initialVersions: new Map([['a', '1']]) });
    expect(next('1')).toEqual({ nonce: 'n1', clusters: ['b'], removed: [] });
  });

  it('gets a name again when it subscribes to it again', () => {
    ask({ subscribe: ['a'] });
    next('1');
    ask({ nonce: 'n1', subscribe: ['a'] });
    expect(next('1')).toEqual({ nonce: 'n2', clusters: ['a'], removed: [] });
  });

  it('gets no more of a name that it unsubscribes', () => {
    ask({ subscribe: ['a', 'b'] });
    next('1');
    ask({ nonce: 'n1', unsubscribe: ['a'] });
    expect(next('2')).toEqual({ nonce: 'n2', clusters: ['b'], removed: [] });
  });

  it('is told that a name does not exist', () => {
    ask({ subscribe: ['x', 'a'] });
    expect(subscription.takeUnknown()).toEqual(['x']);
    expect(next('1')).toEqual({ nonce: 'n1', clusters: ['a'], removed: ['x'] });
    ask({ nonce: 'n1' });
    expect(next('1')).toBeUndefined();
  });

  it('does not get again what it refused, but the next change', () => {
    ask({ subscribe: ['a'] });
    next('1');
    expect(ask({ nonce: 'n1', refusal: 'malformed' })).toBe('refused');
    expect(next('1')).toBeUndefined();
    expect(next('2')).toEqual({ nonce: 'n2', clusters: ['a'], removed: [] });
  });

  it.each([[[]], [['*']]])('gets every cluster when it begins with %j', (names) => {
    ask({ subscribe: names });
    expect(next('1')).toEqual({ nonce: 'n1', clusters: ['a', 'b'], removed: [] });
  });
});
