import type { RequestSource } from '../requestSource.ts';
import { type BodyFormat, bodyFormatOf, isJsonMediaType } from './bodyFormats.ts';

/** The headers that show whether a body can be read. */
export const announcingHeaders = {
  method: ':method',
  path: ':path',
  type: 'content-type',
  encoding: 'content-encoding',
  length: 'content-length',
} as const;

/** A request body that can be read, as the headers announce it. */
export interface AnnouncedBody {
  readonly format: BodyFormat;
  /** `content-length`; undefined: not known in advance. */
  readonly bytes: number | undefined;
}

/**
 * The body of an inference request: POST to a known path, with JSON that is not compressed.
 * undefined: there is none, or it says nothing. Also where the headers are not forwarded.
 */
export function announcedBody(source: RequestSource): AnnouncedBody | undefined {
  if (source.header(announcingHeaders.method) !== 'POST') return undefined;
  const format = bodyFormatOf(source.header(announcingHeaders.path) ?? '');
  if (format === undefined || !format.isRead) return undefined;
  if (!isJsonMediaType(source.header(announcingHeaders.type))) return undefined;
  if ((source.header(announcingHeaders.encoding) ?? 'identity') !== 'identity') return undefined;
  const length = source.header(announcingHeaders.length);
  const bytes = length === undefined ? undefined : Number(length);
  return bytes === 0 ? undefined : { format, bytes };
}
