import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where packagers put Postgres' server programs: a folder with one folder a version, and where the programs are in that. */
const INSTALLATIONS: { parent: string; versions: RegExp; bin: string }[] = [
  { parent: '/usr/lib/postgresql', versions: /^(\d+)$/, bin: 'bin' },
  { parent: '/opt/homebrew/opt', versions: /^postgresql@(\d+)$/, bin: 'bin' },
  { parent: '/usr/local/opt', versions: /^postgresql@(\d+)$/, bin: 'bin' },
  { parent: '/home/linuxbrew/.linuxbrew/opt', versions: /^postgresql@(\d+)$/, bin: 'bin' },
  { parent: '/Applications/Postgres.app/Contents/Versions', versions: /^(\d+)$/, bin: 'bin' },
  { parent: '/usr', versions: /^pgsql-(\d+)$/, bin: 'bin' },
];

export interface PostgresPrograms {
  initdb: string;
  postgres: string;
}

/** The server programs of the Postgres on `path`, else of the newest that a packager installed; undefined without any. */
export function findPostgres(
  path = process.env.PATH ?? '',
  installations = INSTALLATIONS,
): PostgresPrograms | undefined {
  const folders = [...path.split(delimiter).filter(Boolean), ...installations.flatMap(versionsIn)];
  return folders
    .map((folder) => ({ initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') }))
    .find(({ initdb, postgres }) => isExecutable(initdb) && isExecutable(postgres));
}

function versionsIn({ parent, versions, bin }: (typeof INSTALLATIONS)[number]): string[] {
  return listFolder(parent)
    .map((name) => ({ name, version: Number(versions.exec(name)?.[1]) }))
    .filter(({ version }) => Number.isInteger(version))
    .sort((a, b) => b.version - a.version)
    .map(({ name }) => join(parent, name, bin));
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
