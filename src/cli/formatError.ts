import { BatonError, causeChain } from '../errors.ts';

/** What helps against errors of the system, by their code. */
const adviceBySystemCode: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use: choose another one, or stop the process that listens there',
  EACCES: 'not permitted: ports below 1024 need a privilege; choose a higher one',
  EADDRNOTAVAIL: 'this machine has no such address: choose one of its own, or [::] for all',
  ENOTFOUND: 'the host name cannot be resolved: give an IP address or another name',
  EAI_AGAIN: 'the host name cannot be resolved now: give an IP address, or check DNS',
};

/**
 * Why the process ends: the error with its causes in one line, then its details. Only a failure to
 * listen gets advice, because elsewhere the same system codes mean something else.
 */
export function formatError(error: unknown): string {
  const chain = causeChain(error);
  const [first] = chain;
  let line = first?.message ?? String(error);
  for (const { message } of chain) if (!line.includes(message)) line += `: ${message}`;
  const advice = hasCode(chain, 'listen-failed') ? adviceOf(chain) : undefined;
  if (advice !== undefined) line += ` (${advice})`;
  const details = first instanceof BatonError ? first.details : [];
  return [`baton: ${line.replace(/\s*\n\s*/g, ' ')}`, ...details.map((detail) => `  ${detail}`), ''].join(
    '\n',
  );
}

function adviceOf(chain: readonly Error[]): string | undefined {
  return chain.flatMap((error) => adviceBySystemCode[String(codeOf(error))] ?? [])[0];
}

function hasCode(chain: readonly Error[], code: string): boolean {
  return chain.some((error) => codeOf(error) === code);
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}
