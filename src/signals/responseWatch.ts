/** Which parts of a response Envoy sends to Baton: none, its headers, or its headers and body. */
export type ResponseWatch = 'none' | 'headers' | 'body';
