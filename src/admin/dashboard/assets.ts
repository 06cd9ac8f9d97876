import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readBoundedFile } from '../../boundedFile.ts';

/** A file of the page. */
export interface Asset {
  readonly bytes: Buffer;
  readonly type: string;
  readonly etag: string;
}

const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

/** What is served, and nothing else. */
const names = [
  'index.html',
  'colours.css',
  'style.css',
  'tables.css',
  'bars.css',
  'operator.css',
  'sizes.css',
  'icon.svg',
  'main.js',
  'decisions.js',
  'dom.js',
  'events.js',
  'history.js',
  'inFlightBars.js',
  'instances.js',
  'model.js',
  'operator.js',
  'podMap.js',
  'pods.js',
  'sparkline.js',
  'text.js',
  'tiles.js',
  'timeline.js',
  'verdict.js',
] as const;

const folder = join(import.meta.dirname, 'page');

/** The files of the page, read when they are first asked for. */
export class Assets {
  readonly #read = new Map<string, Promise<Asset>>();

  /** undefined: there is no such file. */
  get(name: string): Promise<Asset> | undefined {
    if (!(names as readonly string[]).includes(name)) return undefined;
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const reading = readAsset(name);
    this.#read.set(name, reading);
    // It may be readable later.
    reading.catch(() => this.#read.delete(name));
    return reading;
  }

  /** The same for the same files. */
  async version(): Promise<string> {
    const all = await Promise.all(names.map((name) => this.get(name)));
    return digest(all.map((asset) => asset?.etag).join());
  }
}

async function readAsset(name: string): Promise<Asset> {
  const bytes = await readBoundedFile(join(folder, name));
  const ending = name.slice(name.lastIndexOf('.') + 1) as keyof typeof types;
  return { bytes, type: types[ending], etag: `"${digest(bytes)}"` };
}

function digest(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 16);
}
