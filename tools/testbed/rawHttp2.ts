import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { HpackDecoder } from '../../src/grpc/hpack/decoder.ts';
import { encodeFields } from '../../src/grpc/hpack/encodeFields.ts';
import { flag, frameType, preface } from '../../src/grpc/http2/protocol.ts';
import { until } from './until.ts';

/** A received frame. */
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

/** The whole frames, and the bytes behind them. */
export function readFrames(bytes: Buffer): { readonly frames: Frame[]; readonly rest: Buffer } {
  const frames: Frame[] = [];
  let offset = 0;
  while (bytes.length - offset >= 9) {
    const end = offset + 9 + bytes.readUIntBE(offset, 3);
    if (end > bytes.length) break;
    frames.push({
      type: bytes[offset + 3] as number,
      flags: bytes[offset + 4] as number,
      id: bytes.readUInt32BE(offset + 5),
      payload: bytes.subarray(offset + 9, end),
    });
    offset = end;
  }
  return { frames, rest: bytes.subarray(offset) };
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

/** A client that sends HTTP/2 frame by frame, so that it can violate the protocol. */
export class RawClient {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  readonly #hpack = new HpackDecoder(4096);
  #rest: Buffer = Buffer.alloc(0);
  isClosed = false;
  answersPings = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  /** @param first sent behind the preface */
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

  /** Waits for a frame of this type, and of this stream if it is given. */
  async frame(type: number, id?: number): Promise<Frame> {
    const find = () => this.frames.find((each) => each.type === type && (id === undefined || each.id === id));
    await until(() => find() !== undefined || this.isClosed, { what: `a frame of type ${type}` });
    const found = find();
    if (found === undefined) throw new Error(`closed without a frame of type ${type}`);
    return found;
  }

  /** The error code of the RST_STREAM of a stream. */
  async resetCode(id: number): Promise<number> {
    return (await this.frame(frameType.rstStream, id)).payload.readUInt32BE(0);
  }

  /** Waits for GOAWAY and the close. Returns the error code and the debug data. */
  async goAway(): Promise<{ code: number; message: string }> {
    const { payload } = await this.frame(frameType.goaway);
    await this.closed();
    return { code: payload.readUInt32BE(4), message: payload.toString('latin1', 8) };
  }

  async closed(): Promise<void> {
    await until(() => this.isClosed, { what: 'the end of the connection' });
  }

  /** Waits until the server has handled everything that was sent before. */
  async settled(): Promise<void> {
    const payload = Buffer.from(String(this.frames.length).padStart(8, '0'));
    this.send(frame(frameType.ping, 0, 0, payload));
    const isBack = () =>
      this.frames.some(({ type, payload: echoed }) => type === frameType.ping && echoed.equals(payload));
    await until(() => isBack() || this.isClosed, { what: 'the acknowledged PING' });
  }

  /**
   * The fields of a stream's header blocks. Blocks depend on each other: call once for each stream.
   */
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

  /** Waits for END_STREAM. Returns the fields of the stream. */
  async ended(id: number): Promise<Record<string, string>> {
    const isLast = (each: Frame) => each.id === id && each.type <= 1 && (each.flags & flag.endStream) !== 0;
    await until(() => this.frames.some(isLast) || this.isClosed, { what: `the end of stream ${id}` });
    return this.fields(id);
  }

  /** The DATA received on a stream. */
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
    for (const { type, flags, payload } of this.answersPings ? frames : []) {
      if (type === frameType.ping && flags === 0) this.send(frame(frameType.ping, flag.ack, 0, payload));
    }
    this.#rest = rest;
  }
}
