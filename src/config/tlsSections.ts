import { z } from 'zod';
import { wholeEtcdIdentity, wholeServerIdentity } from './crossFieldRules.ts';
import { section } from './section.ts';
import { boolean, certificateName, filePath, oneOf } from './validators.ts';

/** The TLS settings of the gRPC port. */
export const serverTls = section({
  certFile: filePath()
    .exactOptional()
    .describe(
      'Certificate of the server, with its chain (PEM), read again when it changes; without it, plain text',
    ),
  keyFile: filePath().exactOptional().describe('Key of the certificate (PEM)'),
  clientCaFile: filePath()
    .exactOptional()
    .describe('Only clients with a certificate of these authorities are accepted (PEM)'),
  selfSigned: boolean()
    .default(false)
    .describe(
      'Make a certificate at each start and renew it: encrypts, and proves nothing to clients, which must not verify it',
    ),
  alpn: oneOf(['required', 'optional'])
    .default('required')
    .describe('Whether clients must offer h2 by ALPN; some gateways offer nothing'),
  clientNames: z
    .array(certificateName(), { error: 'a list of names' })
    .min(1, { error: 'a list of at least one name; without the setting, every name is accepted' })
    .exactOptional()
    .describe(
      'Only clients whose certificate has one of these names are accepted: a DNS name, URI, IP or mail address',
    ),
}).superRefine(wholeServerIdentity);

/** The TLS settings of the connections to etcd. */
export const etcdTls = section({
  caFile: filePath().exactOptional().describe('Certificate authority of etcd (PEM)'),
  certFile: filePath().exactOptional().describe('Client certificate (PEM)'),
  keyFile: filePath().exactOptional().describe('Key of the client certificate (PEM)'),
}).superRefine(wholeEtcdIdentity);
