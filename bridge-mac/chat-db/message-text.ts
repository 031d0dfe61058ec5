import { scanAttributedBody } from './attributed-body.ts';

// Stands where a file or another embedded part lies in the text.
const OBJECT_REPLACEMENT = /\uFFFC/gu;
// Fitness messages carry this where Messages shows the sender's name.
const SENDER_NAME = '$(kIMTranscriptPluginBreadcrumbTextReceiverIdentifier)';

export interface MessageText {
  text: string;
  /** False when the row's body could not be read in full. */
  complete: boolean;
}

/**
 * A row's plain text: the `text` column, or the attributed body where that is NULL, as it is on most rows. With a
 * `sender` it is told as Messages shows it; without, as in own rows, what was written stays. `mark` stands where files do.
 */
export function readMessageText(
  row: { text: string | null; body: Uint8Array | null },
  sender?: string,
  mark = '',
): MessageText {
  if (row.text) return { text: plain(row.text, sender, mark), complete: true };
  if (!row.body || row.body.byteLength === 0) return { text: '', complete: true };
  const scanned = scanAttributedBody(row.body);
  return { text: plain(scanned?.text ?? '', sender, mark), complete: scanned?.complete ?? false };
}

function plain(text: string, sender: string | undefined, mark: string): string {
  const visible = text.replace(OBJECT_REPLACEMENT, mark);
  return sender === undefined ? visible : visible.replaceAll(SENDER_NAME, sender);
}
