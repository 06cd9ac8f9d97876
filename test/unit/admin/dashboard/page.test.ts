import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Admin, startAdmin } from '../../../../src/admin/server.ts';
import { checkoutDir } from '../../../../tools/testbed/tools.ts';
import { checkForLeaks } from '../../../support/leakCheck.ts';
import { sendHttp } from '../../../support/sendHttp.ts';
import { quietSources } from '../sampleState.ts';

const folder = join(checkoutDir, 'src/admin/dashboard/page');
const files = readdirSync(folder).filter((name) => name !== 'tsconfig.json');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

let admin: Admin;
beforeAll(async () => {
  admin = await startAdmin({ ...quietSources, address: '127.0.0.1:0', allowedHosts: [] });
});
// Before the check for leaks, in the order in which they are written.
afterAll(() => admin.stop());
checkForLeaks();

const get = (path: string, headers: Record<string, string> = {}) =>
  sendHttp(`http://${admin.address}${path}`, { headers });

describe('the files of the dashboard', () => {
  const types: Readonly<Record<string, string>> = {
    html: 'text/html',
    css: 'text/css',
    js: 'text/javascript',
    svg: 'image/svg+xml',
  };

  it.each(files)('%s is served with its type', async (name) => {
    const { status, headers, text } = await get(`/dashboard/${name}`);
    expect(status).toBe(200);
    expect(headers['content-type']).toContain(types[name.split('.')[1] ?? '']);
    expect(text).toBe(read(name));
  });

  it('are the page on /, and asked for again only by their tag', async () => {
    const { status, headers, text } = await get('/');
    expect([status, text]).toEqual([200, read('index.html')]);
    expect(headers['cache-control']).toBe('no-cache');
    expect((await get('/', { 'if-none-match': String(headers.etag) })).status).toBe(304);
  });

  it('load nothing from elsewhere, and no script or style in the page', async () => {
    const { headers } = await get('/');
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    for (const name of files) {
      expect(read(name).replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
      expect(read(name)).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|<style|style=/,
      );
    }
  });

  it('are served by their names only', async () => {
    for (const path of [
      '/dashboard/tsconfig.json',
      '/dashboard/..%2fassets.ts',
      '/dashboard/',
      '/dashboard/x.js',
    ])
      expect((await get(path)).status).toBe(404);
  });

  it('have at most 150 KB compressed', () => {
    const bytes = files.reduce((sum, name) => sum + gzipSync(read(name)).length, 0);
    expect(bytes).toBeLessThan(150_000);
  });

  it('have elements for all that the scripts write to', () => {
    const page = read('index.html');
    const ids = files.flatMap((name) => [...read(name).matchAll(/byId\('([\w-]+)'\)/g)].map(([, id]) => id));
    expect(ids.length).toBeGreaterThan(20);
    expect(ids.filter((id) => !page.includes(`id="${id}"`))).toEqual([]);
  });
});
