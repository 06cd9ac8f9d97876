import type { Log } from '../telemetry/log.ts';
import type { ExtprocMetrics, StreamEnd } from './metrics.ts';
import type { WantedParts } from './modeOverride.ts';
import type { ProcessingRequestKind, ProcessingRequestReader } from './processingRequestReader.ts';

interface Verdict {
  readonly isHonoured: boolean;
  /** Requests in a row of which nothing came that was not asked for. */
  readonly quiet: number;
}

/** Where an override was ignored, so many in a row say that it is honoured now. */
const quietRequests = 20;

/**
 * Gateways that are configured to buffer or stream bodies are asked, by `mode_override`, to send
 * what the shipped Envoy files send: no bodies, no response headers, and the end of the exchange.
 * Envoy does that where its filter has `allow_mode_override`, and does not say whether it has. In
 * full duplex it ignores it, so there it is not asked.
 */
export class OwnMode {
  readonly #metrics: Pick<ExtprocMetrics, 'modeOverrides'>;
  readonly #log: Log;
  /** By the modes that gateways are configured with. */
  readonly #verdicts = new Map<string, Verdict>();

  constructor(metrics: Pick<ExtprocMetrics, 'modeOverrides'>, log: Log) {
    this.#metrics = metrics;
    this.#log = log;
  }

  /** undefined: the gateway sends nothing that could be left out. */
  begin(reader: ProcessingRequestReader): AskedMode | undefined {
    const { request, response } = reader.bodyModes;
    if (request === 'NONE' && response === 'NONE') return undefined;
    if (request === 'FULL_DUPLEX_STREAMED' || response === 'FULL_DUPLEX_STREAMED') return undefined;
    return new AskedMode((isHonoured) => this.#onOutcome(request, response, isHonoured));
  }

  /** Requests of gateways with these modes are sent as they are asked for. */
  isGranted(reader: ProcessingRequestReader): boolean {
    const { request, response } = reader.bodyModes;
    return this.#verdicts.get(`${request} ${response}`)?.isHonoured === true;
  }

  #onOutcome(request: string, response: string, isHonoured: boolean): void {
    const modes = `${request} ${response}`;
    const before = this.#verdicts.get(modes);
    const quiet = isHonoured ? (before?.quiet ?? 0) + 1 : 0;
    // A request that its client gave up shows nothing either.
    if (isHonoured && before?.isHonoured === false && quiet < quietRequests) {
      this.#verdicts.set(modes, { isHonoured: false, quiet });
      return;
    }
    this.#metrics.modeOverrides.add(isHonoured ? 'honoured' : 'ignored');
    this.#verdicts.set(modes, { isHonoured, quiet });
    if (before?.isHonoured === isHonoured) return;
    const fields = { requestBodies: request, responseBodies: response };
    if (isHonoured) {
      this.#log.info({ event: 'mode-override.honoured', ...fields }, 'the gateway sends no bodies, as asked');
      return;
    }
    const remedy =
      'set allow_mode_override of the ext_proc filter, or its annotation at the gateway; else counts are as docs/bodies.md says';
    this.#log.warn({ event: 'mode-override.ignored', ...fields, remedy }, 'mode_override is ignored');
  }
}

/** What one exchange was asked to send, until it shows whether it does. */
export class AskedMode {
  readonly #onOutcome: (isHonoured: boolean) => void;
  #wanted: WantedParts | undefined;

  constructor(onOutcome: (isHonoured: boolean) => void) {
    this.#onOutcome = onOutcome;
  }

  /** The reply that asks is written. */
  asked(wanted: WantedParts): void {
    this.#wanted = wanted;
  }

  onMessage(kind: ProcessingRequestKind | undefined): void {
    if (this.#wanted !== undefined && isUnwanted(kind, this.#wanted)) this.#conclude(false);
  }

  /** Envoy ends the streams that it is done with, or resets them. */
  onEnd(how: StreamEnd): void {
    if (how === 'end' || how === 'cancelled') this.#conclude(true);
  }

  #conclude(isHonoured: boolean): void {
    if (this.#wanted === undefined) return;
    this.#wanted = undefined;
    this.#onOutcome(isHonoured);
  }
}

function isUnwanted(kind: ProcessingRequestKind | undefined, { body, response }: WantedParts): boolean {
  if (kind === 'request_body') return body === 'none';
  if (kind === 'response_headers') return response === 'none';
  return kind === 'response_body' && response !== 'body';
}
