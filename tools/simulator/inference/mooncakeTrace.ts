import type { Random } from '../../../src/scheduling/load.ts';
import { blockTokens, type InferenceRequest } from './inferenceTrace.ts';

/**
 * Reads a trace in the format of Mooncake (FAST'25): one JSON object a line, with `timestamp` in
 * ms, `input_length`, `output_length` and `hash_ids` of blocks of 512 tokens. In order of arrival.
 *
 * @throws Error with the line that is wrong
 */
export function parseMooncakeTrace(text: string): InferenceRequest[] {
  const requests: InferenceRequest[] = [];
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    requests.push(parseLine(line, index + 1));
  });
  if (requests.length === 0) throw new Error('the trace has no requests');
  return requests.sort((a, b) => a.atMs - b.atMs);
}

function parseLine(line: string, number: number): InferenceRequest {
  let parsed: Partial<Record<string, unknown>> | null;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw new Error(`line ${number} is no JSON`);
  }
  const tokens = (name: string, least: number): number => {
    const value = parsed?.[name];
    if (typeof value === 'number' && value >= least && Number.isFinite(value)) return value;
    throw new Error(`line ${number}: ${name} is ${JSON.stringify(value)}; expected a number from ${least}`);
  };
  const atMs = tokens('timestamp', 0);
  const inputTokens = tokens('input_length', 1);
  const outputTokens = Math.max(1, tokens('output_length', 0));
  const blocks = parsed?.hash_ids;
  const expected = Math.ceil(inputTokens / blockTokens);
  if (!Array.isArray(blocks) || blocks.length < expected || !blocks.every(Number.isSafeInteger)) {
    throw new Error(`line ${number}: hash_ids has to be a list of ${expected} whole numbers`);
  }
  return { atMs, inputTokens, outputTokens, blocks: blocks.slice(0, expected) };
}

/**
 * The trace at another speed. Requests that share a time are spread evenly at random up to the next
 * one: Mooncake's conversation trace has ten at once every 3 s.
 */
export function replayAt(
  trace: readonly InferenceRequest[],
  speed: number,
  spread: Random | undefined,
): InferenceRequest[] {
  const times = [...new Set(trace.map(({ atMs }) => atMs))];
  const widest = 3_000;
  const gapAfter = new Map(
    times.map((time, index) => [time, Math.min(widest, (times[index + 1] ?? time + widest) - time)]),
  );
  return trace
    .map((request) => {
      const jitterMs = spread === undefined ? 0 : spread() * (gapAfter.get(request.atMs) ?? 0);
      return { ...request, atMs: (request.atMs + jitterMs) / speed };
    })
    .sort((a, b) => a.atMs - b.atMs);
}
