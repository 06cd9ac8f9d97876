import {
  ConnectionError,
  defaultMaxFrameBytes,
  defaultTableBytes,
  defaultWindowBytes,
  errorCode,
  largestWindowBytes,
  setting,
} from './protocol.ts';

/** The peer's settings that matter to a server whose header blocks use no dynamic table. */
export class PeerSettings {
  initialWindowBytes = defaultWindowBytes;
  maxFrameBytes = defaultMaxFrameBytes;
  /** The smallest dynamic table that the peer ever allowed for header blocks of this server. */
  leastTableBytes = defaultTableBytes;

  /** @throws ConnectionError when a value is out of its range */
  apply(bytes: Buffer, start: number, end: number): void {
    for (let offset = start; offset < end; offset += 6) {
      this.#applyOne(bytes.readUInt16BE(offset), bytes.readUInt32BE(offset + 2));
    }
  }

  #applyOne(id: number, value: number): void {
    switch (id) {
      case setting.headerTableSize:
        this.leastTableBytes = Math.min(this.leastTableBytes, value);
        break;
      case setting.enablePush:
        if (value > 1)
          throw new ConnectionError(errorCode.protocolError, 'SETTINGS_ENABLE_PUSH must be 0 or 1');
        break;
      case setting.initialWindowSize:
        if (value > largestWindowBytes) {
          throw new ConnectionError(
            errorCode.flowControlError,
            'SETTINGS_INITIAL_WINDOW_SIZE exceeds 2^31-1',
          );
        }
        this.initialWindowBytes = value;
        break;
      case setting.maxFrameSize:
        if (value < defaultMaxFrameBytes || value > 2 ** 24 - 1) {
          throw new ConnectionError(
            errorCode.protocolError,
            'SETTINGS_MAX_FRAME_SIZE is outside of 2^14 to 2^24-1',
          );
        }
        this.maxFrameBytes = value;
        break;
      default:
      // The other settings limit what this server never does. Unknown ones are ignored (section
      // 6.5.2).
    }
  }
}
