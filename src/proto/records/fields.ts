import { hasControlCharacters } from '../../controlCharacters.ts';
import { idForm, longestId, longestName } from '../../nameForms.ts';

/**
 * Judges the fields of a record from etcd one by one, before anything acts on them: a
 * writer may have written anything that the type of a field allows. Each function returns the
 * value, or throws an Error that names the field and what would be right.
 */

/** More than an instance can hold (`limits.maxStreams` is 100,000 by default). */
export const mostInFlight = 10_000_000;

/** Tokens of prompts that one pod gets while it is never idle: years of the fastest one. */
export const mostTokens = 2 ** 42;

/** The end of the year 9999: later dates have another form in ISO 8601. */
const lastUnixMs = 253_402_300_799_999;

/** Of one `ip:port`: an IPv6 address in brackets takes 47. */
export const longestAddress = 64;
/** Of a text for people. */
const longestNote = 1_024;

const visibleAscii = /^[\x21-\x7e]+$/;

export function judgeNumber(name: string, value: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= most) return value;
  throw new Error(`${name} is ${value}, not a whole number from 0 to ${most}`);
}

/** Milliseconds since 1970; 0 where there is no date. */
export function judgeDate(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= lastUnixMs) return value;
  throw new Error(`${name} is ${value}, which is no date from 1970 to 9999`);
}

export function judgeId(name: string, value: string): string {
  if (idForm.test(value)) return value;
  throw new Error(`${name} is not 1 to ${longestId} letters, digits, ".", "_" and "-"`);
}

export function judgeAddress(name: string, value: string): string {
  if (value.length <= longestAddress && visibleAscii.test(value)) return value;
  throw new Error(`${name} is not an address of at most ${longestAddress} characters`);
}

export function judgeName(name: string, value: string): string {
  return boundedText(name, value, longestName);
}

export function judgeNote(name: string, value: string): string {
  return boundedText(name, value, longestNote);
}

/** @param most elements */
export function judgeList<T>(name: string, values: readonly T[], most: number): readonly T[] {
  if (values.length <= most) return values;
  throw new Error(`${name} has ${values.length} elements, more than ${most}`);
}

function boundedText(name: string, value: string, longest: number): string {
  if (value.length > longest) throw new Error(`${name} has ${value.length} characters, more than ${longest}`);
  if (hasControlCharacters(value)) throw new Error(`${name} has control characters`);
  return value;
}
