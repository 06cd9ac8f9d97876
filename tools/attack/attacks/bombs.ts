import { gzipSync } from 'node:zlib';
import { flag } from '../../../src/grpc/http2/protocol.ts';
import {
  nestedGroups,
  nestedLists,
  nestedStructs,
  servedPlace,
  subsetPlace,
} from '../../testbed/nestedMessage.ts';
import { message, requestFields, uint32 } from '../../testbed/rawHttp2.ts';
import { type Attack, sized } from '../attack.ts';
import { data, headers, open, streamAfterStream } from './frames.ts';
import { field, headersRequest } from './requests.ts';

/** Messages that are small for the client and meant to be large, or long, for the instance. */
const connections = 4;

/** All frames of one call. */
type Call = (id: number) => Buffer;

/** Such calls, one after the other. */
function bomb(name: string, prepare: () => Call, settings?: Attack['settings']): Attack {
  return {
    name,
    group: 'bombs',
    ...(settings && { settings }),
    run: (context) =>
      context.clients.flood({
        connections: sized(context, connections),
        chunks: streamAfterStream(prepare(), 1),
      }),
  };
}

const callOf = (...messages: readonly Buffer[]): Call => {
  const body = Buffer.concat(messages.map((each) => message(each)));
  return (id) => Buffer.concat([open(id), data(id, body, flag.endStream)]);
};

/** A subset hint of as many entries as fit into these bytes; none is a pod. */
function subsetRequest(bytes: number, entry: (nth: number) => string): Buffer {
  const values: Buffer[] = [];
  for (let size = 0; size < bytes; size += values.at(-1)?.length ?? 0) {
    values.push(listValue(entry(values.length)));
  }
  return subsetOf(Buffer.concat(values));
}

const listValue = (text: string): Buffer => field(1, field(3, text));

function subsetOf(values: Buffer): Buffer {
  const [namespace, key] = subsetPlace;
  const list = field(6, values);
  const struct = field(1, field(1, key), field(2, list));
  const metadata = field(8, field(1, field(1, namespace), field(2, struct)));
  return Buffer.concat([headersRequest, metadata]);
}

const address = (nth: number): string => `10.${(nth >> 16) & 255}.${(nth >> 8) & 255}.${nth & 255}:8000`;
/** Long forms, which are brought to their canonical one. */
const longAddress = (nth: number): string => `[0:0:0:0:0:0:${(nth >> 16).toString(16)}:${nth & 0xffff}]:8000`;
const largest = 1_300_000;

function gzipCalls(): Call {
  const block = requestFields({ 'grpc-encoding': 'gzip' });
  const entry = listValue('10.0.0.1:8000');
  const zipped = message(gzipSync(subsetOf(Buffer.alloc(220_000 * entry.length, entry))), true);
  return (id) => Buffer.concat([headers(id, block), data(id, zipped, flag.endStream)]);
}

function manyHeaders(): Buffer {
  const all = Array.from({ length: 40_000 }, (_, nth) => field(1, field(1, `x-${nth}`), field(3, 'value')));
  return field(2, field(1, Buffer.concat(all)));
}

export const bombs: readonly Attack[] = [
  bomb('lists 4,000 deep in a subset hint', () => callOf(nestedLists(4_000, subsetPlace))),
  bomb('lists 100,000 deep in a subset hint', () => callOf(nestedLists(100_000, subsetPlace))),
  bomb('structs 50,000 deep', () => callOf(nestedStructs(50_000, subsetPlace))),
  bomb('lists 100,000 deep for the pod that served', () =>
    callOf(headersRequest, nestedLists(100_000, servedPlace, { field: 3 })),
  ),
  bomb('groups 200,000 deep', () => callOf(Buffer.concat([nestedGroups(200_000), headersRequest]))),
  bomb('subset lists of 64 KiB', () => callOf(subsetRequest(65_000, address))),
  bomb('subset lists of 64 KiB, in long forms', () => callOf(subsetRequest(65_000, longAddress))),
  bomb('subset lists of the largest message', () => callOf(subsetRequest(largest, longAddress))),
  bomb('40,000 headers in a message', () => callOf(manyHeaders())),
  bomb(
    'a message that announces 4 GiB',
    () => (id) => Buffer.concat([open(id), data(id, Buffer.concat([Buffer.from([0]), uint32(2 ** 32 - 1)]))]),
  ),
  bomb('gzip, 4 MB of subset list in 12 KB', gzipCalls),
  bomb('gzip where it is accepted', gzipCalls, {
    server: { acceptsCompressed: true, maxMessageBytes: 4_194_304 },
  }),
];
