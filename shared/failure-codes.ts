import { z } from 'zod';

/**
 * Why a message FAILED: the closed list that clients may build on. The sentence is the `message` of the event's
 * `error`; a device may add detail to it.
 */
export const FAILURES = {
  not_on_imessage: 'The recipient is not registered with iMessage.',
  send_timeout_unknown:
    'Messages did not confirm the send in time; it may have gone out. It was not sent again.',
  attachment_unavailable: 'An attachment could not be fetched.',
  attachment_unreadable: 'Messages could not read an attachment on the Mac.',
  attachment_missing: 'An attachment was gone from the Mac before Messages had sent it.',
  attachment_upload_failed: 'Messages could not upload an attachment to Apple.',
  group_unavailable: 'The device does not know the group, or cannot reach it by script.',
  account_unavailable: 'The account in Messages is signed out, disabled or needs attention on the Mac.',
  automation_denied:
    'macOS refuses the bridge control of Messages: grant it under Privacy & Security, Automation.',
  device_offline_expired: 'No device that serves the workspace was online before the message expired.',
  device_removed: 'The device that held the message was removed before it reported a result.',
  channel_unavailable:
    'The device cannot send on this channel (for SMS and RCS a Mac needs a forwarding iPhone).',
  rejected: 'Messages refused the message.',
  network: 'Messages had no connection to Apple.',
  canceled: 'The message was canceled before it was sent.',
} as const;

export type FailureCode = keyof typeof FAILURES;
const FAILURE_CODES = Object.keys(FAILURES) as [FailureCode, ...FailureCode[]];

export const failureSchema = z.object({ code: z.enum(FAILURE_CODES), message: z.string() });
export type Failure = z.infer<typeof failureSchema>;

/** A failure with the list's own sentence, followed by what the device saw. */
export function failure(code: FailureCode, detail?: string): Failure {
  return { code, message: detail ? `${FAILURES[code]} ${detail}` : FAILURES[code] };
}
