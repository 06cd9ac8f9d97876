import { wholeEtcdIdentity, wholeServerIdentity } from './crossFieldRules.ts';
import { section } from './section.ts';
import { filePath } from './validators.ts';

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
}).superRefine(wholeServerIdentity);

/** The TLS settings of the connections to etcd. */
export const etcdTls = section({
  caFile: filePath().exactOptional().describe('Certificate authority of etcd (PEM)'),
  certFile: filePath().exactOptional().describe('Client certificate (PEM)'),
  keyFile: filePath().exactOptional().describe('Key of the client certificate (PEM)'),
}).superRefine(wholeEtcdIdentity);
