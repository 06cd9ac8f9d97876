import { constants } from 'node:buffer';
import { ProcessingRequestReader } from '../../../src/extproc/processingRequestReader.ts';
import { flag, frameType } from '../../../src/grpc/http2/protocol.ts';
import { externalProcessorService } from '../../../src/proto/services.ts';
import { MalformedMessage } from '../../../src/proto/wire/wireReader.ts';
import {
  nestedGroups,
  nestedLists,
  nestedStructs,
  servedPlace,
  subsetPlace,
} from '../../../tools/testbed/nestedMessage.ts';
import { frame, message, RawClient, requestFields } from '../../../tools/testbed/rawHttp2.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { SchedulingServer } from '../../support/schedulingServer.ts';

/** Messages whose nesting or size is meant to end the process, or to stop it for a while. */
checkForLeaks();

const depth = 400_000;
const subsetOf = (bytes: Buffer, maxBytes: number) =>
  new ProcessingRequestReader(bytes).metadataTexts(...subsetPlace, maxBytes);

describe('a value of lists in lists', () => {
  it.each([0, 1, 2, 5_000, depth])('has the strings that are in them, %d deep', (deep) => {
    const read = subsetOf(nestedLists(deep, subsetPlace), Number.MAX_SAFE_INTEGER);
    expect(read).toEqual(deep === 0 ? '10.0.0.1:8000' : ['10.0.0.1:8000']);
  });

  it('has none where structs are in structs', () => {
    expect(subsetOf(nestedStructs(depth, subsetPlace), Number.MAX_SAFE_INTEGER)).toEqual([]);
  });

  it('is not read when it is larger than what is read', () => {
    expect(subsetOf(nestedLists(depth, subsetPlace), 65_536)).toBe('too-large');
  });

  it('keeps the order, and takes the last member of each oneof', () => {
    const text = (value: string) => Buffer.from([0x1a, value.length, ...Buffer.from(value)]);
    const value = (...members: Buffer[]) => field(0x0a, ...members);
    const list = (...values: Buffer[]) => field(0x32, ...values);
    const inList = list(
      value(text('a')),
      value(list(value(text('b')), value(list()), value(text('lost'), list(value(text('c')))))),
      value(list(value(text('lost too'))), text('d')),
      value(list(value(text('lost as well'))), Buffer.from([0x08, 0])),
      value(text('e')),
    );
    expect(subsetOf(inSubset(inList), 1000)).toEqual(['a', 'b', 'c', 'd', '', 'e']);
    expect(subsetOf(inSubset(Buffer.concat([inList, text('f')])), 1000)).toBe('f');
    expect(subsetOf(inSubset(Buffer.concat([text('f'), inList])), 1000)).toHaveLength(6);
  });
});

it('a string that is longer than any of JavaScript is a malformed message', () => {
  const length = constants.MAX_STRING_LENGTH + 1;
  const name = Buffer.from('routing-strategy');
  // Encoded from its end; the value is never written or read, so it occupies no memory.
  let start = Buffer.from([0x0a, name.length, ...name, 0x1a, ...varint(length)]);
  for (const tag of [0x0a, 0x0a, 0x12]) {
    start = Buffer.concat([Buffer.from([tag, ...varint(start.length + length)]), start]);
  }
  const bytes = Buffer.allocUnsafeSlow(start.length + length);
  bytes.set(start);
  expect(() => new ProcessingRequestReader(bytes).header('routing-strategy')).toThrow(MalformedMessage);
});

describe.each(['builtin', 'grpc-js'] as const)('over %s', (kind) => {
  let served: SchedulingServer;
  let client: RawClient;
  beforeEach(async () => {
    served = await new SchedulingServer(kind).listen();
    client = await RawClient.connect(served.address);
  });
  afterEach(async () => {
    client.close();
    await served.server.close(500);
  });

  const processPath = externalProcessorService.Process.path;
  /** Sends one call with these messages and returns its gRPC status. */
  async function statusOf(id: number, messages: readonly Buffer[], path = processPath): Promise<string> {
    client.open(id, requestFields({ ':path': path }));
    for (const bytes of messages) sendInFrames(id, message(bytes));
    client.send(frame(frameType.data, flag.endStream, id));
    return (await client.ended(id))['grpc-status'] ?? 'none';
  }
  function sendInFrames(id: number, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += 16_384) {
      client.send(frame(frameType.data, 0, id, bytes.subarray(at, at + 16_384)));
    }
  }

  const headers = nestedLists(0, ['other', 'other']);
  const cases: readonly [what: string, messages: readonly Buffer[], status: string][] = [
    ['lists in a subset hint', [nestedLists(depth, subsetPlace)], '0'],
    ['lists in a subset hint that is read', [nestedLists(4_000, subsetPlace)], '0'],
    ['structs in a subset hint', [nestedStructs(depth, subsetPlace)], '0'],
    ['lists that are not read', [nestedLists(depth, ['envoy.lb', 'other'])], '0'],
    ['lists for the pod that served', [headers, nestedLists(depth, servedPlace, { field: 3 })], '0'],
    ['groups', [Buffer.concat([nestedGroups(depth), headers])], '0'],
    ['groups without their end', [nestedGroups(depth).subarray(0, depth * 2)], '13'],
  ];
  it.each(cases)('%s are answered', async (_what, messages, status) => {
    expect(await statusOf(1, messages)).toBe(status);
    expect(served.unexpected).toEqual([]);
    expect(served.exchanges.open).toBe(0);
    expect(served.ledger.view().size).toBe(0);
    expect(await statusOf(3, [headers])).toBe('0');
  });

  const checkPath = '/grpc.health.v1.Health/Check';
  it('a health check of nested groups, or of a long name, fails by itself', async () => {
    const name = Buffer.concat([Buffer.from([0x0a, 0xc0, 0x84, 0x3d]), Buffer.alloc(1_000_000, 'x')]);
    expect(await statusOf(1, [nestedGroups(depth)], checkPath)).toBe('3');
    expect(await statusOf(3, [nestedGroups(200)], checkPath)).toBe('13');
    expect(await statusOf(5, [name], checkPath)).toBe('3');
    expect(await statusOf(7, [Buffer.alloc(0)], checkPath)).toBe('0');
    expect(served.unexpected).toEqual([]);
  });
});

function inSubset(value: Buffer): Buffer {
  const [namespace, key] = subsetPlace;
  const named = (name: string, content: Buffer) =>
    field(0x0a, field(0x0a, Buffer.from(name)), field(0x12, content));
  return field(0x42, named(namespace, named(key, value)));
}

/** A field with a length, by its tag. */
function field(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...varint(content.length)]), content]);
}

/** In five bytes, whatever the number. */
function varint(value: number): number[] {
  const bytes = [0, 7, 14, 21].map((shift) => ((value >>> shift) & 0x7f) | 0x80);
  return [...bytes, value >>> 28];
}
