import { pageOpener } from '../../../tools/rehearsal/pageOpener.ts';

it.each<[string, NodeJS.Platform, Record<string, string>, string | undefined]>([
  ['a Mac', 'darwin', {}, 'open'],
  ['a desktop with X', 'linux', { DISPLAY: ':0' }, 'xdg-open'],
  ['a desktop with Wayland', 'linux', { WAYLAND_DISPLAY: 'wayland-0' }, 'xdg-open'],
  ['a server', 'linux', {}, undefined],
  ['a pipeline', 'darwin', { CI: 'true' }, undefined],
  ['another system', 'freebsd', { DISPLAY: ':0' }, undefined],
])('the page is opened on %s by %s', (_what, platform, environment, expected) => {
  expect(pageOpener(platform, environment)).toBe(expected);
});
