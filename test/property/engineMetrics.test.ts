import fc from 'fast-check';
import { decodeReading, encodeReading } from '../../src/proto/records/podReading.ts';
import { wantedNames } from '../../src/signals/readings/engineNames.ts';
import { readEngineMetrics } from '../../src/signals/readings/readEngineMetrics.ts';
import { fuzzEffort } from '../support/fuzzEffort.ts';

/** What a pod answers to a question for its metrics may be anything. */
const { runs } = fuzzEffort(500, 2);

const name = fc.oneof(fc.constantFrom(...wantedNames), fc.string({ maxLength: 20 }));
const labelValue = fc.oneof(
  fc.constantFrom('waiting', 'fraction', 'None', '16', '-1', '1e400', 'a,b', '\\', '"', '}', '\n', '\\"'),
  fc.string({ maxLength: 10 }),
);
const labels = fc.oneof(
  fc.constant(''),
  fc
    .array(
      fc.tuple(
        fc.constantFrom(
          'request_type',
          'block_size',
          'num_gpu_blocks',
          'max_lora',
          'running_lora_adapters',
          'x',
        ),
        labelValue,
      ),
      { maxLength: 4 },
    )
    .map((all) => `{${all.map(([key, value]) => `${key}="${value}"`).join(',')}}`),
);
const value = fc.oneof(
  fc.double().map(String),
  fc.constantFrom('NaN', '+Inf', '-Inf', '', '0x10', '1e400', '-0', '007', '1.7976931348623157e308'),
  fc.integer().map(String),
);
const line = fc.oneof(
  fc.tuple(name, labels, value).map(([a, b, c]) => `${a}${b} ${c}`),
  fc.string({ maxLength: 40 }),
  fc.constantFrom('# HELP vllm:num_requests_running x', '#', '\r', '{', '}'),
);
const text = fc.array(line, { maxLength: 60 }).map((lines) => lines.join('\n'));

describe('whatever a pod answers as its metrics', () => {
  it('is read without an exception, and what is read of it is sound', () => {
    fc.assert(
      fc.property(text, (answer) => {
        const reading = readEngineMetrics(answer);
        if (reading === undefined) return;
        for (const one of Object.values(reading)) {
          if (typeof one === 'number') expect(Number.isFinite(one) && one >= 0).toBe(true);
        }
        expect(reading.kvUse ?? 0).toBeLessThanOrEqual(1);
        // Other instances accept it, as it is.
        const stored = { reading, ageMs: 3, from: 'a' };
        expect(decodeReading(encodeReading(stored))).toEqual(stored);
      }),
      runs,
    );
  });

  it('is read the same with other lines around and between its own', () => {
    const own = ['vllm:num_requests_running{m="a"} 4', 'vllm:num_requests_waiting{m="a"} 2'];
    const other = fc
      .tuple(fc.string({ maxLength: 30 }), value)
      .map(([a, b]) => `x${a.replaceAll('\n', ' ')} ${b}`);
    fc.assert(
      fc.property(fc.array(other), fc.array(other), fc.array(other), (before, between, after) => {
        const lines = [...before, own[0], ...between, own[1], ...after];
        expect(readEngineMetrics(lines.join('\n'))).toEqual({ engine: 'vllm', running: 4, waiting: 2 });
      }),
      runs,
    );
  });
});
