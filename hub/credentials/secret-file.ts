import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * The secret kept in `file`: 256 random bits as base64url, made on first use with mode 0600. The file appears
 * complete or not at all, so that neither a crash nor a second process leaves a half-written key behind.
 */
export function loadOrCreateSecret(file: string): string {
  return readSecret(file) ?? createSecret(file);
}

function readSecret(file: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`The secret in ${file} cannot be read.`, { cause: error });
  }
  if (text === '')
    throw new Error(`${file} is empty: restore it from a backup, or remove it to have a new one made.`);
  return text;
}

function createSecret(file: string): string {
  const secret = randomBytes(32).toString('base64url');
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, `${secret}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  try {
    linkSync(draft, file);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return loadOrCreateSecret(file);
  } finally {
    rmSync(draft, { force: true });
  }
}
