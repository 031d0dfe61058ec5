import type { Response } from 'express';
import { ApiError } from '../../shared/api/errors.ts';
import type { RouteResponse } from '../api/route.ts';

/**
 * Answers with a file: whole, or the one range that was asked for (206), nothing but headers to HEAD, 304 where an ETag
 * matches. A caller that takes nothing for `stall` milliseconds is let go. Throws not_found and range_not_satisfiable.
 */
export async function sendFile(
  response: Response,
  path: string,
  headers: NonNullable<RouteResponse['headers']>,
  stall: number,
): Promise<void> {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setTimeout(stall, () => response.destroy());
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  response.sendFile(path, { dotfiles: 'allow', cacheControl: false, lastModified: false }, resolve);
  const error = await promise;
  if (error === undefined || response.headersSent || response.destroyed) return;
  // What described the file does not describe the error.
  for (const name of Object.keys(headers)) response.removeHeader(name);
  throw asApiError(error);
}

function asApiError(error: Error & { status?: number }): Error {
  if (error.status === 404) return new ApiError('not_found', 'The hub does not have this file.');
  if (error.status === 416)
    return new ApiError('range_not_satisfiable', 'The file does not reach to the range that was asked for.');
  if (error.status === 412)
    return new ApiError('conflict', 'The file is not the one that the condition names.');
  return error;
}
