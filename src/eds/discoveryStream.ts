import type { ServerStream, ServerStreamListener } from '../grpc/serverStream.ts';
import { MalformedMessage } from '../proto/wire/wireReader.ts';
import type { Assignments } from './assignments.ts';
import { assignmentType, type DeltaRequest, type StateRequest } from './discoveryRequest.ts';
import type { DueResponse } from './discoveryResponse.ts';
import type { Subscription } from './subscription.ts';

/** How the two protocols differ. */
export interface DiscoveryProtocol<Request> {
  /** @throws MalformedMessage */
  read(message: Buffer): Request;
  subscription(): Subscription<Request>;
  encode(due: DueResponse, current: Assignments): Buffer;
}

export interface DiscoveryStreamOptions {
  readonly stream: ServerStream;
  /** A stream for all types of resources: requests for others are left unanswered. */
  readonly isAggregated: boolean;
  readonly current: () => Assignments | undefined;
  readonly nonce: () => string;
  readonly report: DiscoveryReport;
  /** The call is over. Called once. */
  readonly onOver: () => void;
}

/** What is to be counted and logged. */
export interface DiscoveryReport {
  sent(): void;
  accepted(): void;
  /** @param reason in the words of the client */
  refused(nodeId: string, reason: string): void;
  /** @param names clusters that were asked for and are not served */
  unknown(nodeId: string, names: readonly string[]): void;
}

/** One stream of endpoint discovery: requests in, due responses out. */
export class DiscoveryStream<Request extends StateRequest | DeltaRequest> implements ServerStreamListener {
  readonly #protocol: DiscoveryProtocol<Request>;
  readonly #options: DiscoveryStreamOptions;
  readonly #subscription: Subscription<Request>;
  #nodeId = '';
  #isOver = false;

  constructor(protocol: DiscoveryProtocol<Request>, options: DiscoveryStreamOptions) {
    this.#protocol = protocol;
    this.#options = options;
    this.#subscription = protocol.subscription();
  }

  onMessage(message: Buffer): void {
    let request: Request;
    try {
      request = this.#protocol.read(message);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.#fail(`not a discovery request: ${error.message}`);
      return;
    }
    const { isAggregated, report } = this.#options;
    const { typeUrl } = request;
    const isServed = typeUrl === assignmentType || (typeUrl === '' && !isAggregated);
    if (request.nodeId !== '') this.#nodeId = request.nodeId;
    if (!isServed) {
      if (!isAggregated) this.#fail(`this service has the type ${assignmentType} only`);
      return;
    }
    const reply = this.#subscription.onRequest(request);
    if (reply === 'accepted') report.accepted();
    if (reply === 'refused') report.refused(this.#nodeId, request.refusal ?? '');
    const unknown = this.#subscription.takeUnknown();
    if (unknown.length > 0) report.unknown(this.#nodeId, unknown);
    this.sendDue();
  }

  onEnd(): void {
    this.end();
  }

  onClosed(): void {
    this.#over();
  }

  /** Sends what the client is due now. @returns how many bytes that were */
  sendDue(): number {
    const { current, nonce, report, stream } = this.#options;
    const assignments = current();
    if (assignments === undefined || this.#isOver) return 0;
    const due = this.#subscription.next(assignments, nonce);
    if (due === undefined) return 0;
    const message = this.#protocol.encode(due, assignments);
    stream.reply(message);
    report.sent();
    return message.length;
  }

  end(): void {
    this.#options.stream.end();
    this.#over();
  }

  #fail(why: string): void {
    this.#options.stream.fail('INVALID_ARGUMENT', why);
    this.#over();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.onOver();
  }
}
