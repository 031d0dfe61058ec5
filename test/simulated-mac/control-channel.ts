import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A unix socket's path holds 104 bytes on macOS and 108 on Linux, the final zero included. */
const LONGEST_SOCKET_PATH = 103;

/** Chooses the control socket of a home folder and records it there, where osascript and the commands look. */
export function chooseSocketPath(home: string): string {
  const own = join(home, 'control.sock');
  const digest = createHash('sha256').update(home).digest('hex').slice(0, 12);
  const path = Buffer.byteLength(own) <= LONGEST_SOCKET_PATH ? own : join(tmpdir(), `sim-mac-${digest}.sock`);
  writeFileSync(join(home, 'control-socket'), path);
  return path;
}

function recordedSocketPath(home: string): string | undefined {
  const record = join(home, 'control-socket');
  return existsSync(record) ? readFileSync(record, 'utf8') : undefined;
}

export type Request = Readonly<Record<string, unknown>> & { readonly op: string };

/** Reads one JSON object per line; a peer that writes anything else is cut off. */
export function onJsonLines(socket: Socket, onObject: (object: Record<string, unknown>) => void): void {
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const object = parseLine(line);
      if (object === undefined) socket.destroy();
      else onObject(object);
    }
  });
}

function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Asks the simulated Mac of a home folder one thing. Rejects with a sentence when none runs there or when it refuses.
 */
export function askSimulatedMac(home: string, request: Request): Promise<unknown> {
  const path = recordedSocketPath(home);
  const nobody = new Error(`No simulated Mac runs in ${home}. Start one: npm run simulated-mac -- start`);
  if (path === undefined) return Promise.reject(nobody);
  return new Promise((done, refuse) => {
    const socket = connect(path);
    socket.on('error', () => refuse(nobody));
    socket.on('close', () => refuse(new Error(`The simulated Mac in ${home} went away before it answered.`)));
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    onJsonLines(socket, (answer) => {
      if (typeof answer.error === 'string') refuse(new Error(answer.error));
      else done(answer.ok);
      socket.end();
    });
  });
}
