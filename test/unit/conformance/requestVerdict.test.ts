import type { ProcessingResponse__Output } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import type { StreamedEvent } from '../../../tools/conformance/pickerStream.ts';
import { judgeRequest } from '../../../tools/conformance/requestVerdict.ts';

const key = 'x-gateway-destination-endpoint';
const body = Buffer.from('0123456789');
const request = { pieces: [body.subarray(0, 4), body.subarray(4)] };

const event = (reply: ProcessingResponse__Output): StreamedEvent => ({ kind: 'reply', reply });
const ended = (code: number): StreamedEvent => ({ kind: 'ended', code, details: '' });
function headers(address: string, inMetadata = address): StreamedEvent {
  const set_headers = [
    {
      header: { key, raw_value: Buffer.from(address) },
      append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' as const,
    },
  ];
  const lb = { structValue: { fields: { [key]: { stringValue: inMetadata } } } };
  return event({
    response: 'request_headers',
    request_headers: { response: { header_mutation: { set_headers } } },
    dynamic_metadata: { fields: { 'envoy.lb': lb } },
  });
}
const piece = (bytes: Buffer, isEnd = false): StreamedEvent =>
  event({
    response: 'request_body',
    request_body: {
      response: { body_mutation: { streamed_response: { body: bytes, end_of_stream: isEnd } } },
    },
  });
const rejected = event({
  response: 'immediate_response',
  immediate_response: { status: { code: 503 } },
} as never);
const pod = '10.0.0.1:8000';

describe('in full duplex', () => {
  it.each<[string, readonly StreamedEvent[]]>([
    ['in one piece', [headers(pod), piece(body, true)]],
    [
      'in other pieces than it came',
      [headers(pod), piece(body.subarray(0, 9)), piece(body.subarray(9), true)],
    ],
    ['with an empty last piece', [headers(pod), piece(body), piece(Buffer.alloc(0), true), ended(0)]],
  ])('a body may come back %s', (_how, events) => {
    expect(judgeRequest('full-duplex', request, events)).toEqual({ kind: 'routed', addresses: [pod] });
  });

  it.each<[string, readonly StreamedEvent[], string]>([
    ['nothing', [], 'no answer came'],
    ['an end without an answer', [ended(14)], 'the stream ended unanswered'],
    ['the body before the decision', [piece(body, true), headers(pod)], 'the first answer is request_body'],
    ['too few bytes', [headers(pod), piece(body.subarray(1), true)], '9 of 10 bytes came back'],
    ['other bytes', [headers(pod), piece(Buffer.from('0123456798'), true)], 'differ from byte 8'],
    ['no end', [headers(pod), piece(body)], 'without end_of_stream'],
    ['an early end', [headers(pod), piece(body, true), piece(Buffer.alloc(0), true)], 'before the end'],
    ['an error at the end', [headers(pod), piece(body, true), ended(13)], 'ended with an error'],
    ['a message behind a rejection', [rejected, piece(body, true)], 'behind the ImmediateResponse'],
    ['two destinations', [headers(pod, '10.0.0.2:8000'), piece(body, true)], 'different destinations'],
    ['a name', [headers('pod-a:8000'), piece(body, true)], '"pod-a:8000" is no ip:port'],
    ['an address twice', [headers(`${pod},${pod}`), piece(body, true)], 'names an address twice'],
  ])('%s is a violation', (_what, events, what) => {
    const verdict = judgeRequest('full-duplex', request, events);
    expect(verdict).toEqual({ kind: 'violation', what: expect.stringContaining(what) });
  });

  it('a rejection is one answer, at any time before the end', () => {
    const events = [headers(pod), rejected, ended(0)];
    expect(judgeRequest('full-duplex', request, events)).toEqual({ kind: 'rejected', status: '503' });
  });
});

describe('where the gateway buffers', () => {
  const answer = (response: object): StreamedEvent =>
    event({ response: 'request_body', request_body: { response } } as never);

  it('the last answer that names a destination decides', () => {
    const last = headers('10.0.0.2:8000') as Extract<StreamedEvent, { kind: 'reply' }>;
    const { request_headers: response, dynamic_metadata } = last.reply;
    const second = event({ response: 'request_body', request_body: response, dynamic_metadata } as never);
    expect(judgeRequest('buffered', request, [headers(pod), second])).toMatchObject({
      kind: 'routed',
      addresses: ['10.0.0.2:8000'],
    });
  });

  it.each<[string, readonly StreamedEvent[], string]>([
    ['no answer to the body', [headers(pod)], 'expected behind the answer to the headers: request_body'],
    ['another body', [headers(pod), answer({ body_mutation: { body: Buffer.from('x') } })], 'replaced'],
    ['no body', [headers(pod), answer({ body_mutation: { clear_body: true } })], 'cleared'],
    ['a piece of one', [headers(pod), piece(body, true)], 'for full duplex only'],
  ])('%s is a violation', (_what, events, what) => {
    const verdict = judgeRequest('buffered', request, events);
    expect(verdict).toEqual({ kind: 'violation', what: expect.stringContaining(what) });
  });
});
