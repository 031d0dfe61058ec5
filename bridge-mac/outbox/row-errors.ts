import { type Failure, type FailureCode, failure } from '../../shared/failure-codes.ts';

/** The `error` column of a row that failed: Apple's FZErrorType, every number with what it means for a message. */
export const ROW_ERRORS = {
  1: 'rejected', // unknown
  2: 'rejected', // cancelled on the Mac
  3: 'network', // timeout
  4: 'rejected', // send failed
  5: 'rejected', // internal
  6: 'network', // network
  7: 'rejected', // lookup failed
  8: 'network', // connection
  9: 'network', // no network
  10: 'rejected', // server busy
  11: 'rejected', // denied by the server
  12: 'rejected', // server signature
  13: 'rejected', // decoding
  14: 'rejected', // parsing
  15: 'rejected', // server internal
  16: 'rejected', // invalid request
  17: 'rejected', // malformed request
  18: 'rejected', // unknown request
  19: 'rejected', // invalid token
  20: 'rejected', // rejected by the server
  21: 'rejected', // remote user invalid
  22: 'not_on_imessage', // remote user does not exist
  23: 'rejected', // remote user incompatible
  24: 'rejected', // rejected by the remote user
  25: 'attachment_unreadable', // transcoding: Messages could not read the file
  26: 'rejected', // encryption
  27: 'rejected', // decryption
  28: 'rejected', // OTR encryption
  29: 'rejected', // OTR decryption
  30: 'account_unavailable', // local account disabled
  31: 'account_unavailable', // local account missing
  32: 'account_unavailable', // local account needs an update
  33: 'account_unavailable', // local account invalid
  34: 'attachment_upload_failed', // attachment upload
  35: 'rejected', // attachment download
  36: 'attachment_upload_failed', // message attachment upload
  37: 'rejected', // message attachment download
  38: 'rejected', // the system needs an update
  39: 'rejected', // Messages' service crashed
  40: 'account_unavailable', // bad local credentials
  41: 'attachment_missing', // the file was gone
  42: 'rejected', // text preflight
} as const satisfies Record<number, FailureCode>;

/** The failure that a row's error means. */
export function explainRowError(error: number): Failure {
  const code: FailureCode | undefined = (ROW_ERRORS as Record<number, FailureCode>)[error];
  return failure(
    code ?? 'rejected',
    code === 'not_on_imessage' ? undefined : `Messages noted error ${error}.`,
  );
}
