import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const APPS = ['Google Chrome.app/Contents/MacOS/Google Chrome', 'Chromium.app/Contents/MacOS/Chromium'];

/** The Chromium or Chrome on `path`, else the one among a Mac's applications; undefined without any. */
export function findChromium(
  path = process.env.PATH ?? '',
  applications = ['/Applications', join(homedir(), 'Applications')],
): string | undefined {
  const folders = path.split(delimiter).filter(Boolean);
  return [
    ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))),
    ...applications.flatMap((folder) => APPS.map((app) => join(folder, app))),
  ].find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
