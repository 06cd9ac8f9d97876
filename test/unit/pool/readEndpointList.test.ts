import { readEndpointList } from '../../../src/pool/readEndpointList.ts';

describe('when the text is valid', () => {
  it.each([
    ['YAML', 'endpoints:\n  - 10.0.0.1:80\n  - address: 10.0.0.2:80\n    weight: 2\n', 2],
    ['YAML with IPv6', 'endpoints: ["[::1]:80"]', 1],
    ['JSON', '{"endpoints": ["10.0.0.1:80"]}', 1],
    ['a list that is empty on purpose', 'endpoints: []', 0],
  ])('reads %s', (_form, text, count) => {
    const { endpoints, problems } = readEndpointList(text);
    expect(problems).toEqual([]);
    expect(endpoints).toHaveLength(count);
  });
});

describe('when the text is broken', () => {
  it.each([
    ['an empty file', '', '', 'the key "endpoints"'],
    ['only a comment', '# soon\n', '', 'the key "endpoints"'],
    ['a list alone', '- 10.0.0.1:80', '', 'the key "endpoints"'],
    ['another key alone', 'pods: []', '', 'the key "endpoints"'],
    ['a key without a list', 'endpoints:\n', 'endpoints', 'a list'],
    ['a key too many', 'endpoints: []\nendpoint: []', 'endpoint', 'no key but "endpoints"'],
    ['bad YAML', 'endpoints: [10.0.0.1:80', '', 'YAML ('],
    ['a duplicate key', 'endpoints: []\nendpoints: []', '', 'YAML (a key that the mapping has already'],
    ['a bad address', 'endpoints: [10.0.0.1]', 'endpoints[0]', 'an address'],
  ])('names the path of %s and what is expected', (_situation, text, path, expected) => {
    expect(readEndpointList(text).problems).toMatchObject([
      { path, expected: expect.stringContaining(expected) },
    ]);
  });
});
