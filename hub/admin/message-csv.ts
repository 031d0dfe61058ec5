import { stringify } from 'csv-stringify/sync';
import type { MessageView } from '../../shared/api/messages.ts';

const COLUMNS = [
  'id',
  'direction',
  'location_id',
  'message_id',
  'user_id',
  'phone',
  'message',
  'attachments',
  'channel',
  'status',
  'error_code',
  'error_message',
  'device_id',
  'group_id',
  'from_me',
  'resend_of',
  'created_at',
  'updated_at',
] as const;

/** The line that names the columns. */
export function csvHead(): string {
  return format([[...COLUMNS]]);
}

/** Messages as lines of CSV. What a spreadsheet would take for a formula gets a `'` before it. */
export function csvLines(messages: MessageView[]): string {
  return format(
    messages.map(({ error, attachments, from_me, ...message }) => {
      const cells = {
        ...message,
        attachments: attachments.join(' '),
        from_me: String(from_me),
        error_code: error?.code ?? '',
        error_message: error?.message ?? '',
      };
      return COLUMNS.map((column) => cells[column] ?? '');
    }),
  );
}

function format(lines: string[][]): string {
  return stringify(lines, {
    escape_formulas: true,
    record_delimiter: 'windows',
    // Off by itself as soon as a delimiter is named.
    quote_record_delimiter: true,
    cast: { string: escapeInside },
  });
}

/**
 * What a spreadsheet takes for the start of a cell that parts them at semicolons or tabs, as it does where a comma stands in
 * numbers: quotes mean nothing to it there. A sign before a space or a bracket that closes is a list or a face.
 */
const INNER_FORMULA = /([;\t\r\n]"*)(?=[=@\uff1d\uff20]|[+\-\uff0b\uff0d](?![\s)]|$))/g;

/** A line feed at the start is one more thing that spreadsheets pass over on their way to a formula. */
function escapeInside(text: string): string {
  const escaped = text.replaceAll(INNER_FORMULA, "$1'");
  return escaped.startsWith('\n') ? `'${escaped}` : escaped;
}
