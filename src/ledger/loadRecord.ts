import { judgeNumber, longestAddress, mostInFlight, mostTokens } from '../proto/records/fields.ts';
import { stateProtocolVersion } from '../proto/stateCodecs.ts';
import { BackwardWriter } from '../proto/wire/backwardWriter.ts';
import { WireReader } from '../proto/wire/wireReader.ts';

/**
 * The wire form of `LoadReport` in proto/baton/state/v1, encoded and decoded by hand: with
 * thousands of endpoints, nearly all of an update is unchanged, and a message object for each of
 * them would be most of the cost of sharing.
 */
const loadReport = { protocolVersion: 1, sequence: 2, loads: 3, hasTokens: 5 } as const;
const endpointLoad = { address: 1, inFlight: 2, assignedTokens: 5 } as const;

const writer = new BackwardWriter();

/**
 * @param sequence 0 where the record needs none
 * @param tokens assigned, by address; undefined: they are not counted
 */
export function encodeLoads(
  sequence: number,
  loads: Iterable<readonly [string, number]>,
  tokens?: ReadonlyMap<string, number>,
): Buffer {
  writer.clear();
  if (tokens !== undefined && sequence > 0) writer.number(loadReport.hasTokens, 1);
  for (const [address, inFlight] of loads) {
    const end = writer.position;
    const assigned = tokens?.get(address);
    if (assigned) writer.number(endpointLoad.assignedTokens, assigned);
    writer.number(endpointLoad.inFlight, inFlight);
    writer.text(endpointLoad.address, address);
    writer.wrap(loadReport.loads, end);
  }
  if (sequence > 0) writer.number(loadReport.sequence, sequence);
  writer.number(loadReport.protocolVersion, stateProtocolVersion);
  return Buffer.from(writer.written());
}

/** The loads of one record, as offsets into its bytes. Reusable for the next record. */
export class LoadList {
  #bytes: Buffer = Buffer.alloc(0);
  #starts: number[] = [];
  #ends: number[] = [];
  #counts: number[] = [];
  #tokens: number[] = [];
  length = 0;
  sequence = 0;
  /** Where a load has no tokens, there are none. Of a chunk: as the first record has it. */
  hasTokens = false;

  /** @throws Error when the bytes are not such a record, or a field of it is absurd */
  read(bytes: Uint8Array): this {
    this.clear();
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    try {
      if (!this.#readAll(new WireReader(this.#bytes))) throw new Error('it has no protocol version');
      judgeNumber('sequence', this.sequence);
    } catch (cause) {
      this.clear();
      throw new Error(`not a readable LoadReport record (${bytes.length} bytes)`, { cause });
    }
    return this;
  }

  clear(): this {
    this.length = 0;
    this.sequence = 0;
    this.hasTokens = false;
    return this;
  }

  address(index: number): string {
    return this.#bytes.toString('utf8', this.#starts[index], this.#ends[index]);
  }

  inFlight(index: number): number {
    return this.#counts[index] ?? 0;
  }

  /** Tokens assigned since the endpoint had nothing in flight; 0: none, or unknown. */
  assignedTokens(index: number): number {
    return this.#tokens[index] ?? 0;
  }

  /** Adds the requests in flight to the counts by address. */
  addTo(counts: Map<string, number>): void {
    for (let i = 0; i < this.length; i += 1) {
      const address = this.address(i);
      counts.set(address, (counts.get(address) ?? 0) + this.inFlight(i));
    }
  }

  hasSameAddress(index: number, other: LoadList, otherIndex: number): boolean {
    let start = this.#starts[index] as number;
    let otherStart = other.#starts[otherIndex] as number;
    const end = this.#ends[index] as number;
    if (end - start !== (other.#ends[otherIndex] as number) - otherStart) return false;
    for (; start < end; start += 1, otherStart += 1) {
      if (this.#bytes[start] !== other.#bytes[otherStart]) return false;
    }
    return true;
  }

  /** @returns whether there was a protocol version: text often parses as unknown fields */
  #readAll(reader: WireReader): boolean {
    let version = 0;
    while (reader.next()) {
      if (reader.isBytes(loadReport.loads)) {
        const outerEnd = reader.enter();
        this.#readLoad(reader);
        reader.leave(outerEnd);
      } else if (reader.isVarint(loadReport.sequence)) this.sequence = reader.varint();
      else if (reader.isVarint(loadReport.protocolVersion)) version = reader.varint();
      else if (reader.isVarint(loadReport.hasTokens)) this.hasTokens = reader.varint() !== 0;
      else reader.skip();
    }
    return version > 0;
  }

  #readLoad(reader: WireReader): void {
    const index = this.length;
    let end = reader.position;
    let start = end;
    let count = 0;
    let tokens = 0;
    while (reader.next()) {
      if (reader.isBytes(endpointLoad.address)) {
        end = reader.bytesEnd();
        start = reader.position;
        reader.moveTo(end);
      } else if (reader.isVarint(endpointLoad.inFlight)) count = reader.varint();
      else if (reader.isVarint(endpointLoad.assignedTokens)) tokens = reader.varint();
      else reader.skip();
    }
    if (!this.#isAddress(start, end)) throw new Error('a load has no readable address');
    judgeNumber('in_flight', count, mostInFlight);
    judgeNumber('assigned_tokens', tokens, mostTokens);
    this.#starts[index] = start;
    this.#ends[index] = end;
    this.#counts[index] = count;
    this.#tokens[index] = tokens;
    this.length = index + 1;
  }

  /** Visible ASCII, as `judgeAddress` has it. */
  #isAddress(start: number, end: number): boolean {
    if (start === end || end - start > longestAddress) return false;
    for (let i = start; i < end; i += 1) {
      const byte = this.#bytes[i] as number;
      if (byte < 0x21 || byte > 0x7e) return false;
    }
    return true;
  }
}

/** How many loads a search skips at most: those that were removed before the wanted one. */
const lookAhead = 16;

/**
 * What to add to each address's count to get from one record to the next, and the tokens that were
 * assigned meanwhile. Writers mostly keep the
 * order of addresses, so a walk over both records side by side finds nearly all unchanged loads by
 * comparing bytes. Where the order differs, a count is subtracted and added again, which is as
 * correct and a little slower.
 */
export function forEachDifference(
  before: LoadList,
  after: LoadList,
  each: (address: string, difference: number, newTokens: number) => void,
): void {
  let next = 0;
  for (let i = 0; i < after.length; i += 1) {
    const found = find(before, next, after, i);
    if (found < 0) {
      each(after.address(i), after.inFlight(i), after.assignedTokens(i));
      continue;
    }
    for (; next < found; next += 1) each(before.address(next), -before.inFlight(next), 0);
    next += 1;
    const difference = after.inFlight(i) - before.inFlight(found);
    const newTokens = tokensSince(before.assignedTokens(found), after.assignedTokens(i));
    if (difference !== 0 || newTokens !== 0) each(after.address(i), difference, newTokens);
  }
  for (; next < before.length; next += 1) each(before.address(next), -before.inFlight(next), 0);
}

/** A number that has fallen began again from 0. */
function tokensSince(before: number, after: number): number {
  return after >= before ? after - before : after;
}

function find(before: LoadList, from: number, after: LoadList, wanted: number): number {
  const end = Math.min(before.length, from + lookAhead);
  for (let index = from; index < end; index += 1) {
    if (before.hasSameAddress(index, after, wanted)) return index;
  }
  return -1;
}
