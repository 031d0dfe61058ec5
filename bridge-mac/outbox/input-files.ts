import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScriptInputs } from '../applescript/scripts.ts';

/**
 * The two files that an attempt's script reads. The text file appears under its name last, when everything is on disk:
 * where it is missing, osascript was never started.
 */
export class InputFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes both, mode 0600, and resolves when files and folder are on disk. */
  async write(
    attempt: { position: number; attempt: number },
    recipient: string,
    text: string,
  ): Promise<ScriptInputs> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await chmod(this.#folder, 0o700);
    const paths = this.#paths(attempt);
    const draft = `${paths.text}.new`;
    await Promise.all([writeDurably(paths.recipient, recipient), writeDurably(draft, text)]);
    await rename(draft, paths.text);
    await syncFolder(this.#folder);
    return paths;
  }

  /** Whether osascript may have been started with the inputs of this attempt. */
  arePresent(attempt: { position: number; attempt: number }): boolean {
    return existsSync(this.#paths(attempt).text);
  }

  async remove(attempt: { position: number; attempt: number }): Promise<void> {
    const { recipient, text } = this.#paths(attempt);
    await Promise.all([text, `${text}.new`, recipient].map((path) => rm(path, { force: true })));
  }

  /** Removes everything but the inputs of these attempts. */
  async keepOnly(attempts: readonly { position: number; attempt: number }[]): Promise<void> {
    const kept = new Set(attempts.flatMap((attempt) => Object.values(this.#paths(attempt))));
    const names = existsSync(this.#folder) ? await readdir(this.#folder) : [];
    const paths = names.map((name) => join(this.#folder, name)).filter((path) => !kept.has(path));
    await Promise.all(paths.map((path) => rm(path, { force: true })));
  }

  #paths({ position, attempt }: { position: number; attempt: number }): ScriptInputs {
    const stem = join(this.#folder, `${position}-${attempt}`);
    return { recipient: `${stem}.recipient`, text: `${stem}.text` };
  }
}

async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(content, 'utf8');
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
