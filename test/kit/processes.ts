import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

export interface Account {
  uid: number;
  gid: number;
}

/** Whom root starts a server as that refuses to run as root; undefined when this process is not root's. */
export async function unprivilegedAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const run = promisify(execFile);
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // No such account; the next.
    }
  }
  throw new Error('running as root, and there is no account "postgres" or "nobody" to start a server as');
}

/** Options for spawn: the account, a folder it may be in, and an environment without PG* variables or a locale. */
export function runAs(
  account: Account | undefined,
  cwd: string,
): { cwd: string; env: Record<string, string>; uid?: number; gid?: number } {
  return { cwd, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' }, ...account };
}

/** The direct children of a process. */
export function childrenOf(pid: number): number[] {
  return childrenOnLinux(pid) ?? childrenByPs(pid);
}

function childrenOnLinux(pid: number): number[] | undefined {
  try {
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return list.split(' ').filter(Boolean).map(Number);
  } catch {
    return undefined;
  }
}

function childrenByPs(pid: number): number[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
}
