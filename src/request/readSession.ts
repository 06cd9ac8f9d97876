import { readText } from './readText.ts';
import type { SessionPlaces } from './requestHeaders.ts';
import type { RequestSource } from './requestSource.ts';

/** The value of the first header that has one, else of the cookie. */
export function readSession(source: RequestSource, { headers, cookie }: SessionPlaces): string | undefined {
  for (const header of headers) {
    const session = readText(source, header);
    if (session !== undefined) return session;
  }
  return cookie === undefined ? undefined : readCookie(source, cookie);
}

/** RFC 6265: `name=value; name2=value2`. Of several with the name, the first. */
function readCookie(source: RequestSource, name: string): string | undefined {
  for (const pair of source.header('cookie')?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    return pair.slice(equals + 1).trim() || undefined;
  }
  return undefined;
}
