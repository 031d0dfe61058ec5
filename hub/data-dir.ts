import { chmodSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { makeFolder } from '../shared/runtime/make-folder.ts';
import { loadOrCreateSecret } from './credentials/secret-file.ts';

/** Makes HUB_DATA_DIR where it is missing, for this user alone; answers its full path. */
export function prepareDataDir(folder: string): string {
  const path = resolve(folder);
  try {
    // Messages and keys live here: nobody else on the machine has a reason to look.
    makeFolder(path, 0o700);
    chmodSync(path, 0o700);
  } catch (cause) {
    throw new Error(`HUB_DATA_DIR ${path} cannot be used`, { cause });
  }
  return path;
}

/** The admin token in `folder`, made where there is none. */
export function generateAdminToken(folder: string, log: Logger): string {
  const file = join(folder, 'admin-token');
  const token = loadOrCreateSecret(file);
  log.info({ file }, 'HUB_ADMIN_TOKEN is not set; the admin token is in this file');
  return token;
}
