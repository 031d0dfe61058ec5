import express, { type Request, type RequestHandler } from 'express';
import { MAX_BODY_BYTES } from '../../shared/api/client-message.ts';
import { ApiError } from '../../shared/api/errors.ts';
import { answerTooLarge } from './server.ts';

/** A body too large is read to here, so that its sender comes to hear the answer; more is not listened to. */
const MOST_BYTES = 16 * MAX_BODY_BYTES;

/** Reads a request's body as bytes, at most MAX_BODY_BYTES after decompression. One without end is cut off. */
export function readBody(): RequestHandler {
  const read = express.raw({ type: () => true, limit: MAX_BODY_BYTES });
  return (request, response, next) => {
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    if (Number(length) > MOST_BYTES) {
      answerTooLarge(request.socket);
      return;
    }
    if (encoding !== undefined) cutBeyond(request);
    read(request, response, next);
  };
}

function cutBeyond(request: Request): void {
  let left = MOST_BYTES;
  request.on('data', (chunk: Buffer) => {
    const wasWithin = left >= 0;
    left -= chunk.length;
    if (wasWithin && left < 0) answerTooLarge(request.socket);
  });
}

const JSON_TYPE = /^application\/(?:json|[\w.+-]+\+json)$/i;

/** Throws unsupported_media_type unless the body, if there is one, calls itself JSON in UTF-8. */
export function requireJson(request: Request): Buffer {
  const body: unknown = request.body;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  const header = request.headers['content-type'];
  if (header === undefined && bytes.length === 0) return bytes;
  const [type = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim());
  if (!JSON_TYPE.test(type))
    throw new ApiError('unsupported_media_type', 'Send JSON with the header content-type: application/json.');
  const charset = parameters.find((parameter) => /^charset=/i.test(parameter));
  if (charset && !/^charset="?utf-?8"?$/i.test(charset))
    throw new ApiError(
      'unsupported_media_type',
      'JSON is read as UTF-8 only: leave out charset, or say utf-8.',
    );
  return bytes;
}
