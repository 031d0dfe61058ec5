import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { askSimulatedMac, chooseSocketPath, onJsonLines } from './control-channel.ts';
import { happeningSchema } from './messages/happenings.ts';
import { receiveSchema } from './messages/receive.ts';
import type { SimulatedMac } from './simulated-mac.ts';
import { TOOL_NAMES, toolFaultSchema } from './tools/tools.ts';

const osascriptSchema = z.object({
  argv: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  cwd: z.string(),
});
const toolSchema = z.object({
  tool: z.string(),
  argv: z.array(z.string()),
  cwd: z.string(),
  uid: z.number().int(),
});
const toolFaultRequest = z.object({
  tool: z.string(),
  fault: toolFaultSchema,
  count: z.number().int().positive().optional(),
});
const behaveSchema = z.object({
  recipient: z.string(),
  behaviour: z.string(),
  count: z.number().int().positive().optional(),
});

function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

/** Writes one executable; it needs no PATH and starts nothing but node. */
function installTool(file: string, client: URL, args: readonly string[]): void {
  const script = fileURLToPath(client);
  mkdirSync(dirname(file), { recursive: true });
  const command = [process.execPath, script, ...args].map(quoted).join(' ');
  writeFileSync(file, `#!/bin/sh\nunset NODE_OPTIONS\nexec ${command} "$@"\n`);
  chmodSync(file, 0o755);
}

/** osascript stands in a folder of its own, because a bridge must do with nothing else. */
function installTools(home: string): void {
  installTool(join(home, 'bin/osascript'), new URL('./osascript-client.mjs', import.meta.url), [home]);
  for (const name of TOOL_NAMES)
    installTool(join(home, 'tools', name), new URL('./tool-client.mjs', import.meta.url), [home, name]);
}

class Connection {
  readonly #socket: Socket;
  readonly #mac: SimulatedMac;
  readonly #gone = new AbortController();
  #stdin: ((text: string) => void) | undefined;

  constructor(socket: Socket, mac: SimulatedMac) {
    this.#socket = socket;
    this.#mac = mac;
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#gone.abort());
    onJsonLines(socket, (message) => {
      if (typeof message.stdin === 'string') this.#stdin?.(message.stdin);
      else void this.#serve(message);
    });
  }

  #send(message: unknown): void {
    if (!this.#socket.destroyed) this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  async #serve(request: Record<string, unknown>): Promise<void> {
    try {
      if (request.op === 'osascript') this.#send({ answer: await this.#osascript(request) });
      else if (request.op === 'tool') this.#send({ answer: this.#tool(request) });
      else this.#send({ ok: this.#answer(request) ?? null });
    } catch (error) {
      const sentence =
        error instanceof z.ZodError
          ? z.prettifyError(error)
          : String(error instanceof Error ? error.message : error);
      this.#send({ error: sentence });
    }
  }

  async #osascript(request: unknown): Promise<unknown> {
    const { argv, env, cwd } = osascriptSchema.parse(request);
    const readStdin = () =>
      new Promise<string>((done) => {
        this.#stdin = done;
        this.#send({ want: 'stdin' });
      });
    return this.#mac.osascript(argv, env, cwd, this.#gone.signal, readStdin);
  }

  #tool(request: unknown): unknown {
    const { tool, ...call } = toolSchema.parse(request);
    return this.#mac.tool(tool, call);
  }

  #answer(request: Record<string, unknown>): unknown {
    switch (request.op) {
      case 'receive':
        return this.#mac.receive(receiveSchema.parse(request.message));
      case 'behave': {
        const { recipient, behaviour, count } = behaveSchema.parse(request);
        return this.#mac.behave(recipient, behaviour, count);
      }
      case 'happen':
        return this.#mac.happen(happeningSchema.parse(request.event));
      case 'tool-fault': {
        const { tool, fault, count } = toolFaultRequest.parse(request);
        return this.#mac.toolBehaves(tool, fault, count);
      }
      case 'tool-calls':
        return this.#mac.memory.toolCalls();
      case 'sent':
        return this.#mac.memory.sent();
      case 'calls':
        return this.#mac.memory.calls();
      case 'status':
        return this.#mac.status();
      default:
        throw new Error(`The simulated Mac knows no request "${String(request.op)}".`);
    }
  }
}

/** Answers osascript and the commands on the home folder's socket. Refuses when another simulated Mac lives there. */
export async function serveControl(home: string, mac: SimulatedMac): Promise<AsyncDisposable> {
  const connections = new Set<Socket>();
  const server: Server = createServer((socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    new Connection(socket, mac);
  });
  const path = chooseSocketPath(home);
  rmSync(path, { force: true });
  installTools(home);
  await new Promise<void>((done, refuse) => server.once('error', refuse).listen(path, done));
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Whether a simulated Mac already answers for this home folder. */
export async function isServed(home: string): Promise<boolean> {
  return askSimulatedMac(home, { op: 'status' }).then(
    () => true,
    () => false,
  );
}
