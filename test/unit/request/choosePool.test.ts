import { choosePool, type PoolMatch } from '../../../src/request/choosePool.ts';
import type { RequestSource } from '../../../src/request/requestSource.ts';

type Metadata = ReturnType<RequestSource['metadataTexts']>;

function request(headers: Record<string, string>, metadata?: Metadata): RequestSource {
  return {
    header: (name) => headers[name],
    metadataTexts: (namespace, key) => (namespace === 'gateway' && key === 'pool' ? metadata : undefined),
  };
}

const chat = { matches: [{ authority: 'chat.example' }, { header: { name: 'x-pool', value: 'chat' } }] };
const embed = { matches: [{ metadata: { namespace: 'gateway', key: 'pool', value: 'embed' } }] };
const rest = { matches: [] };
const both: PoolMatch = { authority: 'chat.example:8443', header: { name: 'x-team', value: 'a' } };

describe('the pool of a request', () => {
  it.each<[string, Record<string, string>, Metadata, number | undefined]>([
    ['the one of its authority', { ':authority': 'chat.example' }, undefined, 0],
    ['that in any case, with a port', { ':authority': 'Chat.Example:8080' }, undefined, 0],
    ['the one of its header', { ':authority': 'x', 'x-pool': 'chat' }, undefined, 0],
    ['the one of its metadata', {}, 'embed', 1],
    ['that in a list', {}, ['other', 'embed'], 1],
    ['none for another text', { 'x-pool': 'chat2' }, 'embed2', undefined],
    ['none for metadata that is too large', {}, 'too-large', undefined],
    ['none for another host', { ':authority': 'chat.example.org' }, undefined, undefined],
    ['the first that matches', { 'x-pool': 'chat' }, 'embed', 0],
  ])('is %s', (_, headers, metadata, expected) => {
    expect(choosePool(request(headers, metadata), [chat, embed])).toBe(expected);
    expect(choosePool(request(headers, metadata), [chat, embed, rest])).toBe(expected ?? 2);
  });

  it('is one only where all conditions of a match hold', () => {
    const pools = [{ matches: [both] }];
    expect(choosePool(request({ ':authority': 'chat.example:8443', 'x-team': 'a' }), pools)).toBe(0);
    expect(choosePool(request({ ':authority': 'chat.example:8443' }), pools)).toBeUndefined();
    expect(choosePool(request({ ':authority': 'chat.example', 'x-team': 'a' }), pools)).toBeUndefined();
  });
});
