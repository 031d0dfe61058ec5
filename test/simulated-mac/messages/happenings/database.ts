import { MACOS_VERSIONS, type MacosVersion } from '../../chat-db/columns.ts';
import {
  addNewerColumns,
  corruptOnePage,
  renumberRows,
  replaceByCopy,
  replaceByStranger,
} from '../../chat-db/database-life.ts';
import { rebuildDatabase } from '../../chat-db/rebuild.ts';
import type { Asked, Happening, HappeningWorld } from './happening.ts';
import { findRows } from './rows.ts';

function quietly(run: (world: HappeningWorld) => void): Happening[1] {
  return (_asked, world) => {
    run(world);
    return [];
  };
}

function upgrade(asked: Asked, world: HappeningWorld): string[] {
  const version = MACOS_VERSIONS.find((candidate) => candidate === asked.macos) as MacosVersion | undefined;
  if (version === undefined) throw new Error(`--macos is one of ${MACOS_VERSIONS.join(', ')}.`);
  world.db.change((db) => addNewerColumns(db, version));
  return [];
}

function deleteRows(asked: Asked, world: HappeningWorld): string[] {
  const found = findRows(world, asked, asked.me ? 1 : 0, asked.count ?? 1);
  world.db.deleteMessages(found.map(({ row }) => Number(row.ROWID)));
  return found.map(({ row }) => String(row.guid));
}

export const DATABASE = {
  'truncate-wal': ['the WAL is checkpointed and cut to nothing', quietly(({ db }) => db.truncateWal())],
  'rotate-wal': [
    'chat.db is closed and reopened; without other readers the WAL is a new file',
    quietly(({ db }) => db.rotateWal()),
  ],
  'delete-wal': [
    'the WAL is checkpointed, deleted and made anew, whoever has the old one open',
    quietly(({ db }) => db.deleteWal()),
  ],
  'rebuild-database': [
    'another file takes the place of chat.db: the older half is gone, ROWIDs start again',
    quietly(({ db, version }) => db.replace((path) => rebuildDatabase(path, version))),
  ],
  'copy-database': [
    'a copy with the same rows takes the place of chat.db (a new inode)',
    quietly(({ db }) => db.replace(replaceByCopy)),
  ],
  'foreign-database': [
    'the chat.db of another account takes the place: other people, other guids, low ROWIDs',
    quietly(({ db, version }) => db.replace((path) => replaceByStranger(path, version))),
  ],
  'renumber-rows': [
    'messages get new ROWIDs, in the same file',
    quietly(({ db }) => db.change(renumberRows)),
  ],
  'schema-upgrade': ['the columns and tables of a newer macOS (--macos) are added while it runs', upgrade],
  'delete-messages': [
    'the last --count messages of the person (--me: the owner’s to them) are deleted',
    deleteRows,
  ],
  'corrupt-page': [
    'one page in the middle of the message table is overwritten with rubbish',
    quietly(({ db }) => db.replace(corruptOnePage)),
  ],
} as const satisfies Record<string, Happening>;
