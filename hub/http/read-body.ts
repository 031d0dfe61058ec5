import express, { type Request, type RequestHandler } from 'express';
import { MAX_BODY_BYTES } from '../../shared/api/client-message.ts';
import { ApiError } from '../../shared/api/errors.ts';

/** Reads a request's body as bytes, at most MAX_BODY_BYTES after decompression. */
export function readBody(): RequestHandler {
  return express.raw({ type: () => true, limit: MAX_BODY_BYTES });
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
