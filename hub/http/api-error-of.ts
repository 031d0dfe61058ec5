import { ApiError } from '../../shared/api/errors.ts';
import { refuseField } from '../api/validate.ts';
import { CommitInDoubtError, InvalidCursorError, StoreUnavailableError } from '../store/store.ts';

const RETRY_AFTER_SECONDS = 5;

/** Whatever ended a request, as the error that its caller is told. Anything unforeseen becomes `internal`. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof InvalidCursorError) return refuseField('cursor', 'is not one that a page answered');
  if (error instanceof CommitInDoubtError)
    return new ApiError(
      'unavailable',
      'It is not known whether the change was made; look before you try again.',
      { retryAfter: RETRY_AFTER_SECONDS, cause: error },
    );
  if (error instanceof StoreUnavailableError)
    return new ApiError('unavailable', 'The hub cannot store anything right now; nothing was changed.', {
      retryAfter: RETRY_AFTER_SECONDS,
      cause: error,
    });
  return (
    errorOfParser(error) ?? new ApiError('internal', 'The hub failed on this request.', { cause: error })
  );
}

// Express and its body parser throw errors that carry the status they ask for.
function errorOfParser(error: unknown): ApiError | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  if (error.status === 413)
    return new ApiError('payload_too_large', 'The body is larger than 256 KiB.', { cause: error });
  if (error.status === 415)
    return new ApiError('unsupported_media_type', 'The content-encoding is not one that the hub reads.', {
      cause: error,
    });
  if (error.status < 400 || error.status >= 500) return undefined;
  if (error instanceof URIError || error.message.startsWith('Failed to decode'))
    return new ApiError('invalid_field', 'The path contains a broken % escape.', { cause: error });
  return new ApiError('invalid_json', 'The body broke off or could not be decompressed.', { cause: error });
}
