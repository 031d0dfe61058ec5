import { spawn } from 'node:child_process';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { SimulatedMac } from './client.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Row = Record<string, unknown>;

/** Runs a program of the simulated Mac without a shell. `kill` ends it with SIGTERM. */
export function runTool(
  mac: SimulatedMac,
  tool: string,
  args: readonly string[],
  kill?: AbortSignal,
): Promise<Ended> {
  return new Promise((done, refuse) => {
    const folder = tool === 'osascript' ? 'bin' : 'tools';
    const child = spawn(join(mac.home, folder, tool), args, { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (chunk: string) => {
        said[stream] += chunk;
      });
    kill?.addEventListener('abort', () => child.kill('SIGTERM'));
    child.once('error', refuse);
    child.once('close', (code) => done({ code, ...said }));
  });
}

/** Runs lines inside `tell application "Messages"`. */
export function tell(mac: SimulatedMac, lines: string, kill?: AbortSignal): Promise<Ended> {
  return runTool(mac, 'osascript', ['-e', `tell application "Messages"\n${lines}\nend tell`], kill);
}

/** Sends a text to a person by iMessage. */
export function sendText(mac: SimulatedMac, to: string, text: string): Promise<Ended> {
  return tell(mac, `send "${text}" to participant "${to}" of (1st account whose service type = iMessage)`);
}

/** Rows of one query, read by a connection of its own. */
export function query(mac: SimulatedMac, sql: string, ...params: unknown[]): Row[] {
  const db = new Database(mac.chatDb, { readonly: true });
  try {
    return db.prepare(sql).all(...params) as Row[];
  } finally {
    db.close();
  }
}

export function rowByGuid(mac: SimulatedMac, guid: string | undefined): Row {
  return query(mac, 'SELECT * FROM message WHERE guid = ?', guid)[0] ?? {};
}
