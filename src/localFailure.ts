/**
 * Errors of the system that say nothing of the other side: this process or this machine could not
 * even ask. Errors that the network answers with, or that may be its answer (EHOSTUNREACH,
 * ENETUNREACH, ETIMEDOUT), are not among them.
 */
const codes = [
  /** No free file descriptor in the process, or in the machine. */
  'EMFILE',
  'ENFILE',
  /** No memory for a socket. */
  'ENOBUFS',
  'ENOMEM',
  /** No free port to connect from. */
  'EADDRNOTAVAIL',
  'EADDRINUSE',
  'EAGAIN',
  /** A rule of this machine: a firewall, a security module, an egress policy. */
  'EPERM',
  'EACCES',
  /** The network of this machine is down, or has no such family of addresses. */
  'ENETDOWN',
  'EAFNOSUPPORT',
  'EPROTONOSUPPORT',
];

const known: ReadonlySet<string> = new Set(codes);
const mentioned = new RegExp(`\\b(?:${codes.join('|')})\\b`);

/** @param code of a system error */
export function isLocalFailure(code: string | undefined): boolean {
  return code !== undefined && known.has(code);
}

/** @param message of a library that passes the system's error on as text, such as gRPC */
export function mentionsLocalFailure(message: string): boolean {
  return mentioned.test(message);
}
