import { z } from 'zod';
import { parseAddress } from '../hostPort.ts';

/**
 * The kinds of value a setting can have. Each carries one text that says what is expected, and gives it for
 * whatever is wrong with a value, so that a problem always reads "expected <form>".
 * What the settings are called and what they start from is in schema.ts.
 */

/** The longest wait a Node timer can hold. */
const maxTimerMs = 2_147_483_647;

export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  const error = max === Number.MAX_SAFE_INTEGER ? `a whole number, at least ${min}` : between(min, max);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export function milliseconds(min: number) {
  const error = `a whole number of milliseconds, at least ${min}`;
  return z.int({ error }).min(min, { error }).max(maxTimerMs, { error });
}

export function boolean() {
  return z.boolean({ error: 'true or false' });
}

export function oneOf<const T extends readonly [string, ...string[]]>(names: T) {
  return z.enum(names, { error: `one of ${names.join(', ')}` });
}

export function text() {
  return z.string({ error: 'text (in quotes if it looks like a number)' });
}

/** Becomes a part of a key in the store, so it holds no slash. */
export function keyPart({ mayBeEmpty }: { mayBeEmpty: boolean }) {
  const error = 'a name of letters, digits, ".", "_" and "-" (in quotes if it looks like a number)';
  return z.string({ error }).regex(mayBeEmpty ? /^[\w.-]*$/ : /^[\w.-]+$/, { error });
}

export function filePath() {
  const error = 'the path of a file';
  return z.string({ error }).min(1, { error });
}

/** An absolute path without a slash at its end. */
export function slashPath() {
  const error = 'a path that begins with "/"';
  return z.string({ error }).regex(/^\/[^\s]*$/, { error });
}

export function keyPrefix() {
  const error = 'a key prefix that begins with "/" and does not end with one';
  return z.string({ error }).regex(/^(\/[^\s/]+)+$/, { error });
}

export function headerName() {
  const error = 'an HTTP header name';
  return z
    .string({ error })
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, { error })
    .toLowerCase();
}

export function httpUrl() {
  const error = 'a URL that begins with http:// or https://';
  return z.string({ error }).refine((url) => /^https?:\/\/./.test(url) && URL.canParse(url), { error });
}

/** An etcd member's client URL; `host:2379` is short for `http://host:2379`. */
export function etcdEndpoint() {
  const error = 'http://host:port or https://host:port (host:port is short for http://host:port)';
  return z
    .string({ error })
    .overwrite((url) => (url.includes('://') ? url : `http://${url}`))
    .refine((url) => isBareHostPort(url.replace(/^https?:\/\//, '')), { error });
}

/** Where a server listens. Port 0 lets the system choose one. */
export function listenAddress({ orOff }: { orOff: boolean }) {
  const error = `host:port, such as 127.0.0.1:9002${orOff ? ', or off' : ''}`;
  return z
    .string({ error })
    .refine((address) => (orOff && address === 'off') || isListenAddress(address), { error });
}

function isListenAddress(address: string): boolean {
  // Port 0 is no endpoint's address, yet a legal thing to listen on: judge the host with another port.
  return isBareHostPort(address.replace(/:0$/, ':1'));
}

function isBareHostPort(address: string): boolean {
  return parseAddress(address).kind !== 'invalid';
}

function between(min: number, max: number): string {
  return `a whole number from ${min} to ${max}`;
}
