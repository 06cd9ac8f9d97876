import { parseDocument } from 'yaml';
import {
  appendItem,
  insertAfter,
  replaceKey,
  setComment,
  setHeader,
  setValue,
} from '../../../scripts/envoy/yamlEdits.ts';

const source = `# Header.

servers:
  # The first one.
  - name: a
    # Why this port.
    port: 1
  - name: b
    port: 2
`;

function edited(edit: (document: ReturnType<typeof parseDocument>) => void): string {
  const document = parseDocument(source);
  edit(document);
  return document.toString();
}

describe('an edit of a YAML document', () => {
  it('changes one value and keeps every comment', () => {
    expect(edited((document) => setValue(document, ['servers', 'a', 'port'], '3'))).toBe(
      source.replace('port: 1', 'port: 3'),
    );
  });

  it('replaces the comment before a key, the first of an item, and the document', () => {
    const result = edited((document) => {
      setComment(document, ['servers', 'a', 'port'], 'One\nreason.');
      setComment(document, ['servers', 'b', 'name'], 'The second one.');
      setHeader(document, 'A\n\nB');
    });
    expect(result).toBe(
      source
        .replace('# Why this port.', '# One\n    # reason.')
        .replace('  - name: b', '  # The second one.\n  - name: b')
        .replace('# Header.', '# A\n#\n# B'),
    );
  });

  it('inserts, replaces and appends with the comments of what it adds', () => {
    const result = edited((document) => {
      insertAfter(document, ['servers', 'a', 'name'], '# Where.\nzone: z\n');
      replaceKey(document, ['servers', 'b', 'port'], 'path: /p\n');
      appendItem(document, ['servers'], 'name: c\n# Last.\nport: 3\n');
    });
    expect(result).toBe(
      source
        .replace('  - name: a\n', '  - name: a\n    # Where.\n    zone: z\n')
        .replace('    port: 2\n', '    path: /p\n  - name: c\n    # Last.\n    port: 3\n'),
    );
  });

  it('names the part of a path that does not exist', () => {
    expect(() => edited((document) => setValue(document, ['servers', 'c', 'port'], '3'))).toThrow(
      'no servers.c in the document',
    );
  });
});
