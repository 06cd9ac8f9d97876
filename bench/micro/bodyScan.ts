import { bodyFormatOf } from '../../src/request/body/bodyFormats.ts';
import { BodyScan } from '../../src/request/body/bodyScan.ts';
import { promptSpans } from '../../src/request/body/promptSpans.ts';
import { readCacheSalt } from '../../src/request/body/readCacheSalt.ts';
import { readMaxTokens } from '../../src/request/body/readMaxTokens.ts';
import { readModelFromBody } from '../../src/request/body/readModelFromBody.ts';
import { readStream } from '../../src/request/body/readStream.ts';
import { readUser } from '../../src/request/body/readUser.ts';
import { medianMicros, medianMicrosOfShort, print } from './time.ts';

/**
 * The cost of a request body: one scan with all its facts, beside `JSON.parse` of the same bytes.
 * What it costs depends on what the text is: the scanner searches for quotes.
 */

const prose = 'It was a bright cold day in April, and the clocks were striking thirteen.\n';
const code = 'const reply = await fetch("https://example.org/" + name, { headers: { "x-user": "a" } });\n';
const json = JSON.stringify({ city: 'Zürich', days: [1, 2, null], unit: 'celsius', exact: true });
const chinese = '四月间，天气寒冷晴朗，钟敲了十三下。';

const sizes = [32 * 1024, 220 * 1024];
const path = '/v1/chat/completions';

for (const bytes of sizes) {
  printCost('one message of prose', chat(prose, bytes, bytes));
  printCost('messages of 4 KB of prose', chat(prose, bytes, 4096));
  printCost('messages of 200 bytes of prose', chat(prose, bytes, 200));
  printCost('messages of 4 KB of code', chat(code, bytes, 4096));
  printCost('messages of 4 KB of JSON', chat(json, bytes, 4096));
  printCost('messages of 4 KB of Chinese', chat(chinese, bytes, 4096));
  printCost('token ids', completion(bytes));
}
const scan = new BodyScan();
scan.add(Buffer.from(JSON.stringify(chat(prose, 4096, 4096))));
print('the facts of a scanned body', medianMicrosOfShort(() => readFacts(scan)) * 1000, 'ns');
print('the format of a path', medianMicrosOfShort(() => bodyFormatOf(`${path}?version=1`)) * 1000, 'ns');

function printCost(what: string, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body));
  const name = `${Math.round(bytes.length / 1024)} KB, ${what}`;
  const scanned = medianMicros(() => {
    const scan = new BodyScan();
    scan.add(bytes);
    readFacts(scan);
  });
  print(`${name}: scan`, scanned * 1000, 'ns');
  print(`${name}: JSON.parse`, medianMicros(() => JSON.parse(bytes.toString())) * 1000, 'ns');
}

function readFacts(scan: BodyScan): readonly unknown[] {
  const format = bodyFormatOf(path);
  if (format === undefined) throw new Error(`${path} has no format`);
  return [
    readModelFromBody(scan),
    readStream(scan),
    readMaxTokens(scan, format),
    readUser(scan),
    readCacheSalt(scan),
    promptSpans(scan, format),
  ];
}

/** A body of about `bytes` bytes, in messages of `messageBytes`. */
function chat(text: string, bytes: number, messageBytes: number): object {
  const textBytes = Buffer.byteLength(JSON.stringify(text)) - 2;
  const content = text.repeat(Math.ceil(messageBytes / textBytes));
  const count = Math.round(bytes / messageBytes);
  return {
    model: 'meta-llama/Llama-3.1-70B-Instruct',
    messages: Array.from({ length: count }, (_, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content,
    })),
    stream: true,
    max_tokens: 512,
    temperature: 0.7,
    user: 'user-1234',
  };
}

function completion(bytes: number): object {
  const count = Math.round(bytes / '123456,'.length);
  return {
    model: 'm',
    prompt: Array.from({ length: count }, (_, index) => 100_000 + ((index * 7919) % 28_000)),
  };
}
