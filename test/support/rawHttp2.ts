import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { HpackDecoder } from '../../src/grpc/hpack/decoder.ts';
import { encodeFields } from '../../src/grpc/hpack/encodeFields.ts';
import { flag, frameType, preface } from '../../src/grpc/http2/protocol.ts';
import { until } from '../../tools/testbed/until.ts';

/** A frame as it came. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

export function frame(
  type: number,
  flags: number,
  id: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(id, 5);
  return Buffer.concat([header, payload]);
}

/** The whole frames in front, and what comes after them. */
export function readFrames(bytes: Buffer): { readonly frames: Frame[]; readonly rest: Buffer } {
  const frames: Frame[] = [];
  let place = 0;
  while (bytes.length - place >= 9) {
    const end = place + 9 + bytes.readUIntBE(place, 3);
    if (end > bytes.length) break;
    frames.push({
      type: bytes[place + 3] as number,
      flags: bytes[place + 4] as number,
      id: bytes.readUInt32BE(place + 5),
      payload: bytes.subarray(place + 9, end),
    });
    place = end;
  }
  return { frames, rest: bytes.subarray(place) };
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function settingsFrame(...pairs: [id: number, value: number][]): Buffer {
  const payload = Buffer.concat(
    pairs.map(([id, value]) => Buffer.concat([Buffer.from([id >> 8, id & 255]), uint32(value)])),
  );
  return frame(frameType.settings, 0, 0, payload);
}

/** A gRPC message with its prefix. */
export function message(bytes: Uint8Array, isCompressed = false): Buffer {
  return Buffer.concat([Buffer.from([isCompressed ? 1 : 0]), uint32(bytes.length), bytes]);
}

export const processPath = '/envoy.service.ext_proc.v3.ExternalProcessor/Process';

/** The header fields of a gRPC request; `undefined` leaves one out. */
export function requestFields(changes: Record<string, string | undefined> = {}): Buffer {
  const fields = {
    ':method': 'POST',
    ':scheme': 'http',
    ':path': processPath,
    ':authority': 'test',
    te: 'trailers',
    'content-type': 'application/grpc',
    ...changes,
  };
  return encodeFields(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** A client that speaks HTTP/2 frame by frame, so that it can break every rule. */
export class RawClient {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  readonly #hpack = new HpackDecoder(4096);
  #rest: Buffer = Buffer.alloc(0);
  isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  /** @param first what it sends behind the preface */
  static async connect(address: string, first: Buffer = settingsFrame()): Promise<RawClient> {
    const [host, port] = address.split(':');
    const socket = connect({ host: host as string, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    const client = new RawClient(socket);
    client.send(preface, first);
    return client;
  }

  send(...frames: Buffer[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(frames));
  }

  open(id: number, block: Buffer = requestFields(), flags: number = flag.endHeaders): void {
    this.send(frame(frameType.headers, flags, id, block));
  }

  /** Waits for a frame that came, comes, or has one of these marks. */
  async frame(type: number, id?: number): Promise<Frame> {
    const find = () => this.frames.find((each) => each.type === type && (id === undefined || each.id === id));
    await until(() => find() !== undefined || this.isClosed, { what: `a frame of type ${type}` });
    const found = find();
    if (found === undefined) throw new Error(`closed without a frame of type ${type}`);
    return found;
  }

  /** The error code of the RST_STREAM that a stream gets. */
  async resetCode(id: number): Promise<number> {
    return (await this.frame(frameType.rstStream, id)).payload.readUInt32BE(0);
  }

  /** The error code and the text of the GOAWAY that is sent before the connection is closed. */
  async sentAway(): Promise<{ code: number; why: string }> {
    const { payload } = await this.frame(frameType.goaway);
    await this.closed();
    return { code: payload.readUInt32BE(4), why: payload.toString('latin1', 8) };
  }

  async closed(): Promise<void> {
    await until(() => this.isClosed, { what: 'the end of the connection' });
  }

  /** Waits until everything sent before has been handled. */
  async settled(): Promise<void> {
    const mark = Buffer.from(String(this.frames.length).padStart(8, '0'));
    this.send(frame(frameType.ping, 0, 0, mark));
    const isBack = () =>
      this.frames.some(({ type, payload }) => type === frameType.ping && payload.equals(mark));
    await until(() => isBack() || this.isClosed, { what: 'the answer to a PING' });
  }

  /** All fields of a stream's header blocks so far. Blocks build on each other, so ask once for each stream. */
  fields(id: number): Record<string, string> {
    const fields: Record<string, string> = {};
    for (const { type, id: of, payload } of this.frames) {
      if (type !== frameType.headers || of !== id) continue;
      this.#hpack.decode(payload, 0, payload.length, {
        onField: ({ name, value }) => {
          fields[name] = value;
        },
      });
    }
    return fields;
  }

  /** Waits for the end of a stream; answers its fields. */
  async ended(id: number): Promise<Record<string, string>> {
    const isLast = (each: Frame) => each.id === id && each.type <= 1 && (each.flags & flag.endStream) !== 0;
    await until(() => this.frames.some(isLast) || this.isClosed, { what: `the end of stream ${id}` });
    return this.fields(id);
  }

  /** What came as DATA on a stream. */
  data(id: number): Buffer {
    return Buffer.concat(
      this.frames
        .filter((each) => each.type === frameType.data && each.id === id)
        .map(({ payload }) => payload),
    );
  }

  close(): void {
    this.socket.destroy();
  }

  #onData(chunk: Buffer): void {
    const { frames, rest } = readFrames(Buffer.concat([this.#rest, chunk]));
    this.frames.push(...frames);
    this.#rest = rest;
  }
}
