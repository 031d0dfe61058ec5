import { join } from 'node:path';
import { transferName } from '../incoming.ts';
import type { Asked, Happening, HappeningWorld } from './happening.ts';
import { lastRow } from './rows.ts';

interface Attachment {
  readonly guid: string;
  readonly filename: string | null;
}

function attachmentsOf(asked: Asked, world: HappeningWorld): Attachment[] {
  const { row } = lastRow(world, asked, 0);
  const found = world.db.all(
    `SELECT a.guid, a.filename FROM attachment a JOIN message_attachment_join j ON j.attachment_id = a.ROWID
     WHERE j.message_id = ? ORDER BY a.ROWID`,
    row.ROWID ?? 0,
  );
  return found.map(({ guid, filename }) => ({
    guid: String(guid),
    filename: filename === null ? null : String(filename),
  }));
}

/** The rest of every transfer that stopped on the way. */
function finish(asked: Asked, world: HappeningWorld): string[] {
  return attachmentsOf(asked, world)
    .map(({ guid }) => guid)
    .filter((guid) => world.steps.release(transferName(guid)));
}

/** The file goes to iCloud only: its row says so, the disk has it no more. */
function purge(asked: Asked, world: HappeningWorld): string[] {
  return attachmentsOf(asked, world).map(({ guid, filename }) => {
    const path = join(world.home, (filename ?? '').replace(/^~\//, ''));
    world.steps.plan([
      { afterMs: 0, action: { do: 'remove-file', path } },
      { afterMs: 0, action: { do: 'update', table: 'attachment', guid, cells: { transfer_state: 0 } } },
    ]);
    return guid;
  });
}

export const TRANSFERS = {
  'finish-transfer': [
    'the files of the person’s last message that stopped on the way arrive after all',
    finish,
  ],
  'purge-files': [
    'the files of the person’s last message are purged to iCloud: transfer_state 0, no file',
    purge,
  ],
} as const satisfies Record<string, Happening>;
