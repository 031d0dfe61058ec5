import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ScriptInputs } from '../applescript/scripts.ts';

// A read that was under way has noted its time by then.
const READ_WITHIN_MS = 500;
const NEVER = new Date(0);

/**
 * The two files that an attempt's script reads. The text file appears under its name last, when everything is on disk:
 * where it is missing, osascript was never started. It is dated as last read in 1970: while that stays, nobody read it.
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
    const { text } = this.#paths(attempt);
    return existsSync(text) || existsSync(withdrawn(text));
  }

  /**
   * Takes the text away from an osascript that may have outlived the bridge, and answers whether it provably never
   * read it: then it never can. False where that cannot be told, as on a volume that keeps no times of access.
   *
   * The file is renamed and emptied, not removed: whoever opens it late finds nothing, whoever has it open reads
   * nothing, and a crash in between leaves the evidence for the next try.
   */
  async withdrawUnread(attempt: { position: number; attempt: number }): Promise<boolean> {
    const { text } = this.#paths(attempt);
    if (!(await this.#keepsAccessTimes())) return false;
    if (existsSync(text)) await rename(text, withdrawn(text));
    await using file = await open(withdrawn(text), 'r+');
    await file.truncate(0);
    await sleep(READ_WITHIN_MS);
    return (await file.stat()).atimeMs === NEVER.getTime();
  }

  async remove(attempt: { position: number; attempt: number }): Promise<void> {
    const { recipient, text } = this.#paths(attempt);
    const paths = [text, `${text}.new`, withdrawn(text), recipient];
    await Promise.all(paths.map((path) => rm(path, { force: true })));
  }

  /** Removes everything but the inputs of these attempts. */
  async keepOnly(attempts: readonly { position: number; attempt: number }[]): Promise<void> {
    const kept = new Set(
      attempts.flatMap((attempt) => {
        const { recipient, text } = this.#paths(attempt);
        return [recipient, text, withdrawn(text)];
      }),
    );
    const names = existsSync(this.#folder) ? await readdir(this.#folder) : [];
    const paths = names.map((name) => join(this.#folder, name)).filter((path) => !kept.has(path));
    await Promise.all(paths.map((path) => rm(path, { force: true })));
  }

  async #keepsAccessTimes(): Promise<boolean> {
    const probe = join(this.#folder, `access-time-${crypto.randomUUID()}`);
    await writeDurably(probe, 'x');
    await readFile(probe);
    await using file = await open(probe, 'r');
    await rm(probe);
    return (await file.stat()).atimeMs !== NEVER.getTime();
  }

  #paths({ position, attempt }: { position: number; attempt: number }): ScriptInputs {
    const stem = join(this.#folder, `${position}-${attempt}`);
    return { recipient: `${stem}.recipient`, text: `${stem}.text` };
  }
}

function withdrawn(text: string): string {
  return `${text}.withdrawn`;
}

async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(content, 'utf8');
    await file.utimes(NEVER, new Date());
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
