import { productFiles, readProductFile } from '../../../scripts/structure/importGraph.ts';

/**
 * Files are read in src/boundedFile.ts alone, so that every one of them is a regular file of
 * bounded size.
 */
const reading = /\b(?:readFile|readFileSync|openAsBlob|createReadStream|open|openSync|read|readSync)\b/;
const fsImport = /^import\s+([^;]*?)\s+from 'node:fs(?:\/promises)?';/gm;

/** They open no file that the configuration names. */
const exceptions: Readonly<Record<string, string>> = {
  'src/boundedFile.ts': 'reads them',
  'src/telemetry/lineSink.ts': 'opens its own file descriptor again, to write',
};

const readers = productFiles()
  .filter((file) => file.startsWith('src/'))
  .filter((file) =>
    [...readProductFile(file).matchAll(fsImport)].some(([, names = '']) => reading.test(names)),
  );

it('only src/boundedFile.ts reads files', () => {
  expect(readers.sort()).toEqual(Object.keys(exceptions).sort());
});
