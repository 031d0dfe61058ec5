import type { AttemptError } from '../store/records.ts';

const CLASS_OF_CODE: Record<string, AttemptError> = {
  BLOCKED_ADDRESS: 'blocked_address',
  ENOTFOUND: 'dns_error',
  EAI_AGAIN: 'dns_error',
  EAI_FAIL: 'dns_error',
  EAI_NODATA: 'dns_error',
  EAI_NONAME: 'dns_error',
  ENODATA: 'dns_error',
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  ECONNABORTED: 'connection_reset',
  EPIPE: 'connection_reset',
  UND_ERR_SOCKET: 'connection_reset',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ATTEMPT_TIMEOUT: 'timeout',
  EPROTO: 'tls_error',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_error',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls_error',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls_error',
  UNABLE_TO_GET_ISSUER_CERT: 'tls_error',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls_error',
  HOSTNAME_MISMATCH: 'tls_error',
};

const SENTENCES: Record<AttemptError, string> = {
  dns_error: 'The name of the receiver could not be resolved.',
  connection_refused: 'The receiver refused the connection.',
  connection_reset: 'The receiver closed the connection without an answer.',
  timeout: 'The receiver did not answer within 15 seconds.',
  tls_error: 'No secure connection to the receiver could be made.',
  http_status: 'The receiver did not answer with success.',
  blocked_address: 'The address of the receiver is not a public one.',
  other: 'The event could not be sent.',
};

/** The class of a failed connection, and a sentence for people. */
export function classifyError(error: unknown): { error: AttemptError; error_message: string } {
  const { code, message } = findCode(error);
  const kind = CLASS_OF_CODE[code] ?? (/^(ERR_TLS|ERR_SSL|CERT_|CRL_)/.test(code) ? 'tls_error' : 'other');
  if (kind === 'blocked_address') return { error: kind, error_message: message };
  return { error: kind, error_message: code === '' ? SENTENCES[kind] : `${SENTENCES[kind]} (${code})` };
}

// Where several addresses were tried, Node wraps their errors; the first says what was wrong.
function findCode(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: '' };
  if ('code' in error && typeof error.code === 'string' && error.code !== 'UND_ERR_ABORTED')
    return { code: error.code, message: error.message };
  if (error instanceof AggregateError && error.errors.length > 0) return findCode(error.errors[0]);
  return error.cause === undefined ? { code: '', message: error.message } : findCode(error.cause);
}
