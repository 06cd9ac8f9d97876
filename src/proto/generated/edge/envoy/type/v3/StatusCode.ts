// Original file: proto/envoy/type/v3/http_status.proto

export const StatusCode = {
  Empty: 'Empty',
  OK: 'OK',
  BadRequest: 'BadRequest',
  Unauthorized: 'Unauthorized',
  Forbidden: 'Forbidden',
  NotFound: 'NotFound',
  RequestTimeout: 'RequestTimeout',
  PayloadTooLarge: 'PayloadTooLarge',
  UnprocessableEntity: 'UnprocessableEntity',
  TooManyRequests: 'TooManyRequests',
  InternalServerError: 'InternalServerError',
  NotImplemented: 'NotImplemented',
  BadGateway: 'BadGateway',
  ServiceUnavailable: 'ServiceUnavailable',
  GatewayTimeout: 'GatewayTimeout',
} as const;

export type StatusCode =
  | 'Empty'
  | 0
  | 'OK'
  | 200
  | 'BadRequest'
  | 400
  | 'Unauthorized'
  | 401
  | 'Forbidden'
  | 403
  | 'NotFound'
  | 404
  | 'RequestTimeout'
  | 408
  | 'PayloadTooLarge'
  | 413
  | 'UnprocessableEntity'
  | 422
  | 'TooManyRequests'
  | 429
  | 'InternalServerError'
  | 500
  | 'NotImplemented'
  | 501
  | 'BadGateway'
  | 502
  | 'ServiceUnavailable'
  | 503
  | 'GatewayTimeout'
  | 504

export type StatusCode__Output = typeof StatusCode[keyof typeof StatusCode]
