import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder of this package: the nearest one above this file that has a package.json. It is the
 * same for sources (`src/*.ts`), compiled code (`dist/src/*.js`), a checkout, an installed package
 * and the image.
 */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json in any folder above ${import.meta.dirname}`);
    folder = parent;
  }
  return folder;
}
