import { once } from 'node:events';
import { credentials } from '@grpc/grpc-js';
import { ExternalProcessor } from '../../src/proto/clients.ts';

/** An exchange that was begun at an instance, as Envoy does it, and that goes on until it is ended. */
export interface BegunExchange {
  /** Where the request is to go; undefined: it was refused. */
  readonly pod: string | undefined;
  end(): void;
}

/** Plays Envoy for one request without a body, on a connection of its own. */
export async function beginExchange(address: string): Promise<BegunExchange> {
  const client = new ExternalProcessor(address, credentials.createInsecure());
  const stream = client.process();
  // Half-closed by a drain or cut by a kill: the exchange is over either way.
  stream.on('error', () => {});
  stream.on('end', () => client.close());
  stream.write({ request_headers: { headers: { headers: [] } } });
  const [answer] = await once(stream, 'data');
  stream.resume();
  const fields = answer.dynamic_metadata?.fields?.['envoy.lb']?.structValue?.fields;
  const destination: string | undefined = fields?.['x-gateway-destination-endpoint']?.stringValue;
  const end = (): void => {
    stream.end();
  };
  return { pod: destination?.split(',')[0], end };
}
