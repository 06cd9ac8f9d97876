import { crc32 } from 'node:zlib';

/** As vLLM has them; a token is 4 characters. */
export const tokensPerBlock = 16;
const charactersPerBlock = tokensPerBlock * 4;

/** The hashes of a text up to the end of each whole block, at most so many. */
export function blockHashes(text: string, most: number): number[] {
  const hashes: number[] = [];
  let hash = 0;
  for (let end = charactersPerBlock; end <= text.length && hashes.length < most; end += charactersPerBlock) {
    hash = crc32(text.slice(end - charactersPerBlock, end), hash);
    hashes.push(hash);
  }
  return hashes;
}

/** Below 0: no hash is. */
let lastUnique = 0;

/** One number for each block of a prompt; what is no whole block of its text is like no other. */
export function promptBlocks(text: string, tokens: number): number[] {
  const blocks = blockHashes(text, Math.floor(tokens / tokensPerBlock));
  while (blocks.length * tokensPerBlock < tokens) {
    lastUnique -= 1;
    blocks.push(lastUnique);
  }
  return blocks;
}
