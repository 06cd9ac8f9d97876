import { endOfString, huffmanCodes } from './huffmanCode.ts';

/**
 * Decodes Huffman-coded strings four bits at a time. A state is an inner node of the code tree; no
 * code is shorter than five bits, so four bits complete at most one symbol. Each entry of the table
 * packs the next state, the symbol that was completed, if any, and whether the string may end here.
 */
const symbolShift = 16;
const noSymbol = 256;
const mayEnd = 1 << 15;
const invalid = -1;
/** A string is padded to a whole byte with the first bits of the end-of-string code, all ones. */
const maxPaddingBits = 7;

/** Indexed by state × 16 + four bits. */
const steps = buildSteps();

let scratch = Buffer.allocUnsafe(4096);

/** @returns the string, one character for each byte, or undefined when the code is invalid */
export function decodeHuffman(block: Buffer, start: number, end: number): string | undefined {
  // The shortest code has five bits.
  const longest = Math.ceil(((end - start) * 8) / 5);
  if (scratch.length < longest) scratch = Buffer.allocUnsafe(longest);
  let length = 0;
  let step = mayEnd;
  for (let offset = start; offset < end; offset += 1) {
    const byte = block[offset] as number;
    for (let half = 4; half >= 0; half -= 4) {
      const state = step & (mayEnd - 1);
      step = steps[(state << 4) | ((byte >> half) & 15)] as number;
      if (step === invalid) return undefined;
      const symbol = step >> symbolShift;
      if (symbol !== noSymbol) {
        scratch[length] = symbol;
        length += 1;
      }
    }
  }
  return step & mayEnd ? scratch.toString('latin1', 0, length) : undefined;
}

interface Node {
  readonly state: number;
  readonly branches: [Branch, Branch];
  readonly mayEnd: boolean;
}
/** A symbol, an inner node, or not assigned yet. */
type Branch = Node | number | undefined;

function buildSteps(): Int32Array {
  const nodes = buildTree();
  const table = new Int32Array(nodes.length * 16).fill(invalid);
  for (const node of nodes) {
    for (let bits = 0; bits < 16; bits += 1) table[node.state * 16 + bits] = follow(node, bits, nodes[0]);
  }
  return table;
}

function follow(from: Node, bits: number, root: Node | undefined): number {
  let node = from;
  let symbol = noSymbol;
  for (let shift = 3; shift >= 0; shift -= 1) {
    const branch = node.branches[((bits >> shift) & 1) as 0 | 1];
    if (branch === undefined || branch === endOfString) return invalid;
    if (typeof branch === 'number') {
      symbol = branch;
      node = root as Node;
    } else node = branch;
  }
  return (symbol << symbolShift) | (node.mayEnd ? mayEnd : 0) | node.state;
}

/** All inner nodes, the root first. */
function buildTree(): Node[] {
  const nodes: Node[] = [];
  const newNode = (onlyOnes: boolean, depth: number): Node => {
    const mayEnd = onlyOnes && depth <= maxPaddingBits;
    const node: Node = { state: nodes.length, branches: [undefined, undefined], mayEnd };
    nodes.push(node);
    return node;
  };
  const root = newNode(true, 0);
  for (const { symbol, code, bits } of huffmanCodes) {
    let node = root;
    let onlyOnes = true;
    for (let depth = 1; depth < bits; depth += 1) {
      const bit = (Math.floor(code / 2 ** (bits - depth)) & 1) as 0 | 1;
      onlyOnes &&= bit === 1;
      let next = node.branches[bit];
      if (typeof next !== 'object') {
        next = newNode(onlyOnes, depth);
        node.branches[bit] = next;
      }
      node = next;
    }
    node.branches[(code & 1) as 0 | 1] = symbol;
  }
  return nodes;
}
