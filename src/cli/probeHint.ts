import { connect } from 'node:tls';
import { splitHostPort } from '../hostPort.ts';

/** The port has failed as it was addressed. This is how long the other way is tried. */
const timeoutMs = 500;

/**
 * What the user can change, if the port speaks TLS and the probe does not, or the other way round.
 *
 * @param withTls how the probe was made
 */
export async function probeHint(address: string, withTls: boolean): Promise<string | undefined> {
  const tls = await speaksTls(address).catch(() => 'unknown' as const);
  if (tls === 'yes' && !withTls) return 'the port speaks TLS: give --ca';
  if (tls === 'no' && withTls) return 'the port speaks plain text: leave out --ca';
  return undefined;
}

/** Only whether there is TLS: the certificate is not verified, and nothing is sent. */
function speaksTls(address: string): Promise<'yes' | 'no' | 'unknown'> {
  return new Promise((resolve) => {
    const socket = connect({
      ...splitHostPort(address),
      ALPNProtocols: ['h2'],
      rejectUnauthorized: false,
      timeout: timeoutMs,
    });
    const end = (result: 'yes' | 'no' | 'unknown'): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('secureConnect', () => end('yes'));
    socket.once('timeout', () => end('unknown'));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      end(code?.startsWith('ERR_SSL_') ? 'no' : 'unknown');
    });
  });
}
