import {
  ConnectionError,
  defaultMaxFrameBytes,
  defaultTableBytes,
  defaultWindowBytes,
  errorCode,
  largestWindowBytes,
  setting,
} from './protocol.ts';

/** What the peer has said of itself, as far as it binds a server that sends only static and literal fields. */
export class PeerSettings {
  initialWindowBytes = defaultWindowBytes;
  maxFrameBytes = defaultMaxFrameBytes;
  /** The least it ever allowed the table of our header blocks. */
  leastTableBytes = defaultTableBytes;

  /** @throws ConnectionError when a value is out of its range */
  apply(bytes: Buffer, start: number, end: number): void {
    for (let place = start; place < end; place += 6) {
      this.#applyOne(bytes.readUInt16BE(place), bytes.readUInt32BE(place + 2));
    }
  }

  #applyOne(id: number, value: number): void {
    switch (id) {
      case setting.headerTableSize:
        this.leastTableBytes = Math.min(this.leastTableBytes, value);
        break;
      case setting.enablePush:
        if (value > 1) throw new ConnectionError(errorCode.protocolError, 'ENABLE_PUSH is 0 or 1');
        break;
      case setting.initialWindowSize:
        if (value > largestWindowBytes) {
          throw new ConnectionError(errorCode.flowControlError, 'INITIAL_WINDOW_SIZE is too large');
        }
        this.initialWindowBytes = value;
        break;
      case setting.maxFrameSize:
        if (value < defaultMaxFrameBytes || value > 2 ** 24 - 1) {
          throw new ConnectionError(errorCode.protocolError, 'MAX_FRAME_SIZE is out of its range');
        }
        this.maxFrameBytes = value;
        break;
      default:
      // The rest limits what this server never does (push, long headers), or is unknown, which is to be ignored.
    }
  }
}
