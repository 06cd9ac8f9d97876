/**
 * A URL, or the path of one, for people: stars in place of its user and password, and of all after
 * `?` or `#`, where tokens are. It need not be valid: a mistyped one is shown too, in an error.
 */
export function hideUrlSecrets(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.host === '') return hideInText(url);
  const { protocol, username, password, host, pathname, search, hash } = parsed;
  if (username + password + search + hash === '') return url;
  const user = username + password === '' ? '' : '***@';
  return `${protocol}//${user}${host}${pathname}${search && '?***'}${hash && '#***'}`;
}

function hideInText(text: string): string {
  // Up to the last @, since a password may contain one, and a slash, and a question mark.
  const withoutUser = text.startsWith('/') ? text : text.replace(/^([^@]*?:\/\/)?.*@/s, '$1***@');
  return withoutUser.replace(/([?#]).*$/s, '$1***');
}
