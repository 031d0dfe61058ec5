import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

/** What pairing left on this Mac. `paired_at` is epoch milliseconds of this Mac's clock. */
const identitySchema = z.object({
  hub_url: z.url(),
  device_id: z.string().min(1),
  device_name: z.string(),
  token: z.string().min(1),
  paired_at: z.int(),
});
export type Identity = z.infer<typeof identitySchema>;

/** The pairing stored in `path`; undefined when there is none. Throws a sentence when the file is damaged. */
export function readIdentity(path: string): Identity | undefined {
  if (!existsSync(path)) return undefined;
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`The identity file cannot be read: ${path}.`, { cause: error });
  }
  const parsed = identitySchema.safeParse(parseJson(content));
  if (!parsed.success) throw new Error(`The identity file ${path} is damaged: pair this Mac again.`);
  return parsed.data;
}

/** Stores the pairing so that after a crash either the old or the new one is there, whole. Mode 0600. */
export function writeIdentity(path: string, identity: Identity): void {
  const draft = `${path}.new`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify(identity, undefined, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(draft, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
