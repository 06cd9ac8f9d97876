import { z } from 'zod';
import { longestTimerMs } from '../clock.ts';
import { hasControlCharacters } from '../controlCharacters.ts';
import { isListenAddress, parseAddress } from '../hostPort.ts';
import { bearerTokenForm, idForm, longestId, longestName } from '../nameForms.ts';

/**
 * The types of values that settings have. An error text completes the sentence "expected …". Names
 * and defaults of the settings are in schema.ts.
 */

export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  const error = max === Number.MAX_SAFE_INTEGER ? `a whole number, at least ${min}` : between(min, max);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export function milliseconds(min: number) {
  const error = `a whole number of milliseconds, at least ${min}`;
  return z.int({ error }).min(min, { error }).max(longestTimerMs, { error });
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

/** A name that instances and people read in records and on terminals. */
export function nameText() {
  return text()
    .max(longestName, { error: `at most ${longestName} characters` })
    .refine((name) => !hasControlCharacters(name), { error: 'text without control characters' });
}

/** A part of a key in etcd, so it has no slash. */
export function keyPart({ mayBeEmpty }: { mayBeEmpty: boolean }) {
  const error = `a name of at most ${longestId} letters, digits, ".", "_" and "-" (in quotes if it looks like a number)`;
  const form = mayBeEmpty ? new RegExp(`^[\\w.-]{0,${longestId}}$`) : idForm;
  return z.string({ error }).regex(form, { error });
}

export const bearerTokenMeans = 'at least 16 visible characters of ASCII, without spaces';

/** A token in the header `authorization`. A short one can be guessed. */
export function bearerToken() {
  return z.string({ error: bearerTokenMeans }).regex(bearerTokenForm, { error: bearerTokenMeans });
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

/** A host name, or with a dot before it all names below it. Names are compared in lower case. */
export function hostPattern() {
  const error = 'a host name without a port, or .name for all names below it';
  return z
    .string({ error })
    .regex(/^\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i, { error })
    .toLowerCase();
}

/** A name in a certificate is compared as it stands there. */
export function certificateName() {
  const error = 'a name as it stands in the certificate, without spaces around it and without *';
  return z.string({ error }).regex(/^[^\s*]([^*]*[^\s*])?$/, { error });
}

export function httpUrl() {
  const error = 'a URL that begins with http:// or https://';
  return z.string({ error }).refine(isHttpUrl, { error });
}

function isHttpUrl(text: string): boolean {
  if (!/^https?:\/\/./.test(text)) return false;
  try {
    const { username, password } = new URL(text);
    // node:http decodes them, and throws where it cannot.
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

/** An etcd member's client URL; `host:2379` is short for `http://host:2379`. */
export function etcdEndpoint() {
  const error = 'http://host:port or https://host:port (host:port is short for http://host:port)';
  return z
    .string({ error })
    .overwrite((url) => (url.includes('://') ? url : `http://${url}`))
    .refine((url) => isBareHostPort(url.replace(/^https?:\/\//, '')), { error });
}

/** The address of a listener. With port 0 the system chooses one. */
export function listenAddress({ orOff }: { orOff: boolean }) {
  const error = `host:port, such as 127.0.0.1:9002${orOff ? ', or off' : ''}`;
  return z
    .string({ error })
    .refine((address) => (orOff && address === 'off') || isListenAddress(address), { error });
}

function isBareHostPort(address: string): boolean {
  return parseAddress(address).kind !== 'invalid';
}

function between(min: number, max: number): string {
  return `a whole number from ${min} to ${max}`;
}
