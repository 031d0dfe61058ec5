import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

/**
 * A folder of small programs that stand in for those of macOS. Each records its calls. Alone on this process' PATH while it
 * lives, unless `onPath` says otherwise.
 */
export class StandInTools implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'bluewire-tools-'));

  constructor({ onPath = true } = {}) {
    if (onPath) vi.stubEnv('PATH', this.folder);
  }

  /** What a program may call beside the shell's own words, however bare PATH is. */
  get path(): string {
    return `${this.folder}:/usr/bin:/bin`;
  }

  /** `body` is shell; its arguments are noted in the record before it runs. */
  add(name: string, body = 'exit 0'): this {
    const path = join(this.folder, name);
    const record = join(this.folder, 'calls');
    const note = `printf '%s' '${name}' >> '${record}'; for a in "$@"; do printf ' %s' "$a" >> '${record}'; done; printf '\\n' >> '${record}'`;
    writeFileSync(path, `#!/bin/sh\n${note}\nPATH='${this.path}'\ncd '${this.folder}'\n${body}\n`);
    chmodSync(path, 0o755);
    return this;
  }

  remove(name: string): void {
    rmSync(join(this.folder, name), { force: true });
  }

  /** Every call so far: the name and its arguments, joined by blanks. */
  get calls(): string[] {
    const record = join(this.folder, 'calls');
    return existsSync(record) ? readFileSync(record, 'utf8').split('\n').slice(0, -1) : [];
  }

  callsOf(name: string): string[] {
    return this.calls.filter((call) => call.split(' ')[0] === name);
  }

  [Symbol.dispose](): void {
    vi.unstubAllEnvs();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
