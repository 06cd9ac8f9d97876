/**
 * The program that shows an address in the browser of the desktop; undefined: there is no desktop,
 * as in a container, on a server, or in a pipeline. Pure.
 */
export function pageOpener(
  platform: NodeJS.Platform,
  { DISPLAY, WAYLAND_DISPLAY, CI }: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (CI) return undefined;
  if (platform === 'darwin') return 'open';
  return platform === 'linux' && (DISPLAY || WAYLAND_DISPLAY) ? 'xdg-open' : undefined;
}
