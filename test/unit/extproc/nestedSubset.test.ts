import { ProcessingRequestReader } from '../../../src/extproc/processingRequestReader.ts';
import { BackwardWriter } from '../../../src/proto/wire/backwardWriter.ts';

/** A ProcessingRequest whose subset hint is a list in a list, `depth` times. */
function nestedSubset(depth: number): Buffer {
  const writer = new BackwardWriter();
  writer.clear();
  const end = writer.position;
  writer.text(3, '10.0.0.1:8000');
  for (let i = 0; i < depth; i += 1) {
    writer.wrap(1, end); // ListValue.values
    writer.wrap(6, end); // Value.list_value
  }
  writer.wrap(2, end); // an entry's value
  writer.text(1, 'subset');
  writer.wrap(1, end); // Struct.fields
  writer.wrap(2, end); // an entry's value
  writer.text(1, 'hint');
  writer.wrap(1, end); // Metadata.filter_metadata
  writer.wrap(8, end); // ProcessingRequest.metadata_context
  return Buffer.from(writer.written());
}

describe('a subset hint of nested lists', () => {
  const read = (depth: number, maxBytes: number) =>
    new ProcessingRequestReader(nestedSubset(depth)).metadataTexts('hint', 'subset', maxBytes);

  it('is skipped below the first list, whatever its depth', () => {
    expect(read(0, 1_000_000)).toBe('10.0.0.1:8000');
    expect(read(1, 1_000_000)).toEqual(['10.0.0.1:8000']);
    expect(read(2, 1_000_000)).toEqual(['']);
    expect(read(50_000, 1_000_000)).toEqual(['']);
  });

  it('is not read when it is larger than what is read', () => {
    expect(read(50_000, 65_536)).toBe('too-large');
  });
});
