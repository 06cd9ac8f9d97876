import fc from 'fast-check';
import { BodyMessageReader, requestBodyTag } from '../../src/extproc/bodyMessageReader.ts';
import { ProcessingRequestReader } from '../../src/extproc/processingRequestReader.ts';
import { externalProcessorService } from '../../src/proto/services.ts';
import { MalformedMessage } from '../../src/proto/wire/wireReader.ts';

/** A request body that is read in pieces is what the whole message has. */
const encode = externalProcessorService.Process.requestSerialize;

const messages = fc.record({
  body: fc.uint8Array({ maxLength: 400 }),
  end_of_stream: fc.boolean(),
  observability: fc.boolean(),
  metadata: fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.string({ maxLength: 200 }), {
    maxKeys: 2,
  }),
});
const cuts = fc.array(fc.nat({ max: 600 }), { maxLength: 8 });

function readInPieces(message: Buffer, at: readonly number[]): { body: Buffer; isEndOfStream: boolean } {
  const parts: Buffer[] = [];
  const reader = new BodyMessageReader((bytes, start, end) =>
    parts.push(Buffer.from(bytes.subarray(start, end))),
  );
  const ends = [...at.filter((cut) => cut < message.length).toSorted((a, b) => a - b), message.length];
  let start = 0;
  for (const end of ends) {
    // In the middle of other bytes, as a frame is.
    const around = Buffer.concat([Buffer.alloc(3, 255), message.subarray(start, end), Buffer.alloc(2, 255)]);
    reader.add(around, 3, 3 + end - start);
    start = end;
  }
  reader.end();
  return { body: Buffer.concat(parts), isEndOfStream: reader.isEndOfStream };
}

it('finds the body and its end, wherever the message is cut', () => {
  fc.assert(
    fc.property(messages, cuts, ({ body, end_of_stream, observability, metadata }, at) => {
      const fields = Object.fromEntries(
        Object.entries(metadata).map(([key, value]) => [key, { stringValue: value }]),
      );
      const message = encode({
        request_body: { body: Buffer.from(body), end_of_stream },
        observability_mode: observability,
        metadata_context: { filter_metadata: { 'envoy.lb': { fields } } },
      });
      expect(message[0]).toBe(requestBodyTag);
      const whole = new ProcessingRequestReader(message);
      expect(readInPieces(message, at)).toEqual({
        body: Buffer.from(whole.bodyBytes()),
        isEndOfStream: whole.isEndOfStream,
      });
    }),
  );
});

it('refuses a message that is cut off, as the whole reader does, and any bytes without another error', () => {
  const message = encode({ request_body: { body: Buffer.from('{"model":"a"}'), end_of_stream: true } });
  for (let length = 1; length < message.length; length += 1) {
    expect(() => readInPieces(message.subarray(0, length), [])).toThrow(MalformedMessage);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), cuts, (bytes, at) => {
      try {
        readInPieces(Buffer.from(bytes), at);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessage);
      }
    }),
  );
});
