/** The forms of names in settings and in records: what one accepts, the other must read. */

/** Of a name or value that programs compare, in characters. */
export const longestName = 256;

/** Of an instance id, or of another part of a key. */
export const longestId = 253;

/** It is a part of keys in etcd, so it has no slash. */
export const idForm = new RegExp(`^[\\w.-]{1,${longestId}}$`);

/** A secret that a client sends in the header `authorization`. */
export const bearerTokenForm = /^[!-~]{16,1024}$/;
