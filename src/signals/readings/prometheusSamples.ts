/**
 * The samples of a text in Prometheus' exposition format (or OpenMetrics), as far as they are
 * wanted. The text comes from a pod, so it may be anything: what is no sample is skipped, and the
 * work is bounded by the number of lines.
 */
export interface MetricSample {
  readonly name: string;
  /** As written, without the braces; empty where there are none. */
  readonly labels: string;
  /** Finite. */
  readonly value: number;
}

/** A busy vLLM has some 2,000. */
const mostLines = 100_000;
/** Beyond so many characters a line is no sample of an engine. */
const longestLine = 16_384;

const sampleForm =
  /^[ \t]*([a-zA-Z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?[ \t]+([-+]?[0-9][^ \t]*|[-+]?\.[0-9][^ \t]*)/;

/** Never throws. */
export function* samplesOf(text: string, isWanted: (name: string) => boolean): Iterable<MetricSample> {
  let start = 0;
  for (let lines = 0; start < text.length && lines < mostLines; lines += 1) {
    const feed = text.indexOf('\n', start);
    const end = feed < 0 ? text.length : feed;
    const sample = end - start > longestLine ? undefined : sampleIn(text, start, end, isWanted);
    if (sample !== undefined) yield sample;
    start = end + 1;
  }
}

/** Most lines are comments, or of histograms that no one wants: those are not parsed. */
function sampleIn(
  text: string,
  start: number,
  end: number,
  isWanted: (name: string) => boolean,
): MetricSample | undefined {
  let nameEnd = start;
  while (nameEnd < end && isNameCode(text.charCodeAt(nameEnd))) nameEnd += 1;
  if (nameEnd === start || !isWanted(text.slice(start, nameEnd))) return undefined;
  const parts = sampleForm.exec(text.slice(start, end));
  if (parts === null) return undefined;
  const [, name = '', labels = '', number] = parts;
  const value = Number(number);
  return Number.isFinite(value) ? { name, labels, value } : undefined;
}

function isNameCode(code: number): boolean {
  const isLetter = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
  return isLetter || (code >= 0x30 && code <= 0x3a) || code === 0x5f;
}

const labelForm = /([a-zA-Z_]\w*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"/g;

/** The value of one label; undefined: it is not there. */
export function labelOf({ labels }: MetricSample, wanted: string): string | undefined {
  for (const [, name, value = ''] of labels.matchAll(labelForm)) if (name === wanted) return unescaped(value);
  return undefined;
}

function unescaped(value: string): string {
  return value.includes('\\')
    ? value.replace(/\\(.)/gs, (_, code: string) => (code === 'n' ? '\n' : code))
    : value;
}
