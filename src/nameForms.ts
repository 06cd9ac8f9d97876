/** The forms of names in settings and in records: what one accepts, the other must read. */

/** Of a name or value that programs compare, in characters. */
export const longestName = 256;

/** Of an instance id, or of another part of a key. */
export const longestId = 253;

/** It is a part of keys in etcd, so it has no slash. */
export const idForm = new RegExp(`^[\\w.-]{1,${longestId}}$`);

/**
 * A secret that a client sends in the header `authorization`. Helm checks the chart's values by it,
 * and the regular expressions of Go repeat nothing more than 1,000 times.
 */
export const bearerTokenForm = /^[!-~]{16,1000}$/;
