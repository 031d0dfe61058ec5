import { z } from 'zod';

/** Every error code a caller of the hub's HTTP API can meet, and its HTTP status. Closed: clients may build on it. */
export const API_ERRORS = {
  invalid_json: 400,
  missing_field: 400,
  invalid_phone: 400,
  invalid_channel: 400,
  invalid_field: 400,
  invalid_attachment: 400,
  channel_not_assigned: 400,
  workspace_not_connected: 400,
  opted_out: 400,
  invalid_code: 400,
  unauthorized: 401,
  invalid_api_key: 401,
  forbidden: 403,
  unknown_location: 404,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  message_id_conflict: 409,
  gone: 410,
  payload_too_large: 413,
  unsupported_media_type: 415,
  range_not_satisfiable: 416,
  expectation_failed: 417,
  checksum_mismatch: 422,
  unsupported_protocol: 426,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const;

export type ApiErrorCode = keyof typeof API_ERRORS;
export const API_ERROR_CODES = Object.keys(API_ERRORS) as [ApiErrorCode, ...ApiErrorCode[]];

const errorDetailSchema = z.object({ field: z.string(), message: z.string() });
export type ErrorDetail = z.infer<typeof errorDetailSchema>;

/** Body of every answer that is not 2xx. `error` and `message` hold the same sentence. */
export const errorBodySchema = z.object({
  status: z.literal('error'),
  code: z.enum(API_ERROR_CODES),
  error: z.string(),
  message: z.string(),
  details: z.array(errorDetailSchema),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** The same of routes that answer for a library: codes of its own come besides. */
export const ownErrorBodySchema = errorBodySchema
  .extend({
    code: z.string().meta({ description: 'The library’s, such as INVALID_EMAIL_OR_PASSWORD, or the API’s.' }),
  })
  .meta({ id: 'SignInError' });

/** Thrown by any stage to end a request with this code. `retryAfter` is in seconds. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  readonly details: ErrorDetail[];
  readonly retryAfter: number | undefined;

  constructor(
    code: ApiErrorCode,
    message: string,
    options: { details?: ErrorDetail[]; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? [];
    this.retryAfter = options.retryAfter;
  }

  get status(): number {
    return API_ERRORS[this.code];
  }

  get body(): ErrorBody {
    return {
      status: 'error',
      code: this.code,
      error: this.message,
      message: this.message,
      details: this.details,
    };
  }
}
