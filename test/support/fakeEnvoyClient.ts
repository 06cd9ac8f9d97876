import { once } from 'node:events';
import { credentials } from '@grpc/grpc-js';
import { ExternalProcessor } from '../../src/proto/clients.ts';

/** An ext_proc exchange that stays open until `end`. */
export interface OpenExchange {
  /** The chosen pod; undefined: the request was rejected. */
  readonly pod: string | undefined;
  end(): void;
}

/** Opens an exchange as Envoy does for a request without a body, on its own connection. */
export async function openExchange(address: string): Promise<OpenExchange> {
  const client = new ExternalProcessor(address, credentials.createInsecure());
  const stream = client.process();
  // A drain half-closes it and a kill cuts it: the exchange is over either way.
  stream.on('error', () => {});
  stream.on('end', () => client.close());
  stream.write({ request_headers: { headers: { headers: [] } } });
  const [reply] = await once(stream, 'data');
  stream.resume();
  const fields = reply.dynamic_metadata?.fields?.['envoy.lb']?.structValue?.fields;
  const destination: string | undefined = fields?.['x-gateway-destination-endpoint']?.stringValue;
  const end = (): void => {
    stream.end();
  };
  return { pod: destination?.split(',')[0], end };
}
