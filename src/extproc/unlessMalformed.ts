import { MalformedMessage } from '../proto/wire/wireReader.ts';

/** Reads bytes of a message that arrives in parts, outside of the reader of whole messages. */
export function unlessMalformed(onMalformed: (error: MalformedMessage) => void, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    onMalformed(error);
  }
}
