/** Where one kind of telemetry is sent; a token in the query of the endpoint goes with it. */
export function otlpUrl(endpoint: string, signal: 'traces' | 'metrics'): string {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/${signal}`;
  url.hash = '';
  return url.href;
}

/**
 * The parts of the endpoint that no log line may hold. An error of the library, or the answer of
 * the receiver in it, may quote the URL.
 */
export function secretsOfOtlpUrl(endpoint: string): readonly string[] {
  const { search, username, password } = new URL(endpoint);
  const login = username + password === '' ? '' : `${username}:${password}`;
  const inHeader = Buffer.from(login.split(':').map(decodeURIComponent).join(':')).toString('base64');
  return [search, login, inHeader].filter((secret) => secret !== '');
}
