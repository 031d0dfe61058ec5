import { z } from 'zod';
import { journalBatchSchema, MAX_BATCH } from '../../shared/wire/journal.ts';

/** What must be right of a batch for its entries to be told apart; the entries themselves are judged one by one. */
export const batchEnvelopeSchema = z.object({
  journal_id: z.uuid(),
  entries: z
    .array(z.object({ seq: z.int().positive(), entry: z.unknown() }))
    .min(1)
    .max(MAX_BATCH),
});
type BatchEnvelope = z.infer<typeof batchEnvelopeSchema>;

const entrySchema = journalBatchSchema.shape.entries.element.shape.entry;
type JournalEntry = z.infer<typeof entrySchema>;

export interface Judgement {
  journal_id: string;
  entries: { seq: number; entry: JournalEntry | undefined }[];
  /** Entries that nobody can read: `paths` says where they went wrong, and never what they said. */
  malformed: { seq: number; paths: string[] }[];
}

/**
 * Judges each entry alone: a device repeats what is not acknowledged, so one that the hub cannot read would otherwise
 * hold up everything behind it for ever.
 */
export function judgeBatch({ journal_id, entries }: BatchEnvelope): Judgement {
  const judged = entries.map(({ seq, entry }) => ({ seq, result: entrySchema.safeParse(entry) }));
  return {
    journal_id,
    entries: judged.map(({ seq, result }) => ({ seq, entry: result.data })),
    malformed: judged.flatMap(({ seq, result }) =>
      result.error ? [{ seq, paths: result.error.issues.slice(0, 5).map(({ path }) => path.join('.')) }] : [],
    ),
  };
}
