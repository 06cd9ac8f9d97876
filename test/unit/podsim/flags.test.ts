import { type PodsimFlags, parsePodsimFlags } from '../../../tools/podsim/flags.ts';

const flags = (changes: Partial<PodsimFlags> = {}): PodsimFlags => ({
  address: '127.0.0.1:8001',
  id: 'pod-1',
  model: 'org/sim-model',
  slots: '8',
  ttftMs: '50',
  tokenMs: '0.5',
  tokens: '20',
  promptTokenMs: '0',
  cacheTokens: '0',
  engineSpeed: '1',
  adapters: '',
  jitter: '0',
  strictModel: false,
  ...changes,
});

describe('the flags of podsim', () => {
  it('become options', () => {
    expect(parsePodsimFlags(flags())).toEqual({
      kind: 'options',
      options: {
        host: '127.0.0.1',
        port: 8001,
        id: 'pod-1',
        model: 'org/sim-model',
        slots: 8,
        ttftMs: 50,
        tokenMs: 0.5,
        tokensPerReply: 20,
        promptTokenMs: 0,
        cacheTokens: 0,
        engineSpeed: 1,
        adapters: [],
        jitter: 0,
        strictModel: false,
      },
    });
  });

  it.each([
    ['[::1]:0', '::1', 0],
    ['localhost:65535', 'localhost', 65_535],
    ['0.0.0.0:8000', '0.0.0.0', 8000],
  ])('take %s for a place to listen', (address, host, port) => {
    expect(parsePodsimFlags(flags({ address }))).toMatchObject({ options: { host, port } });
  });

  const addressForm = 'host:port, as 127.0.0.1:8001, [::1]:8001 or 127.0.0.1:0';
  const wrong: [Partial<PodsimFlags>, string][] = [
    [{ engine: '7b' }, '--engine is "7b"; expected one of 8b, 32b'],
    [{ engineSpeed: '0' }, '--engine-speed is "0"; expected a number from 0.001 to 1000'],
    [{ adapters: 'a b' }, '--adapters is "a b"; expected names separated by commas'],
    [{ address: '8001' }, `--address is "8001"; expected ${addressForm}`],
    [{ address: '::1:8001' }, `--address is "::1:8001"; expected ${addressForm}`],
    [{ address: 'a:65536' }, `--address is "a:65536"; expected ${addressForm}`],
    [{ id: 'a b' }, '--id is "a b"; expected letters, digits, ".", "_" and "-"'],
    [{ model: '' }, '--model is ""; expected a name without spaces'],
    [{ slots: '0' }, '--slots is "0"; expected a whole number from 1 to 100000'],
    [{ slots: '1.5' }, '--slots is "1.5"; expected a whole number from 1 to 100000'],
    [{ ttftMs: '-1' }, '--ttft-ms is "-1"; expected a number from 0 to 3600000'],
    [{ tokenMs: '10ms' }, '--token-ms is "10ms"; expected a number from 0 to 3600000'],
    [{ tokens: '' }, '--tokens is ""; expected a whole number from 1 to 100000'],
    [{ jitter: '1.1' }, '--jitter is "1.1"; expected a number from 0 to 1'],
  ];
  it.each(wrong)('%j are refused with what was given and what is expected', (changes, problem) => {
    expect(parsePodsimFlags(flags(changes))).toEqual({ kind: 'problems', problems: [problem] });
  });

  it('report all problems at once', () => {
    const read = parsePodsimFlags(flags({ slots: 'many', jitter: 'some' }));
    expect(read.kind === 'problems' && read.problems).toHaveLength(2);
  });
});
