import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { parseBehaviour } from './behaviours.ts';
import { ChatDatabase } from './chat-db/chat-database.ts';
import type { MacosVersion } from './chat-db/columns.ts';
import { type Account, accountsOf, canonicalAddress, directChat, groupChat } from './messages/accounts.ts';
import { type HappeningRequest, Happenings } from './messages/happenings.ts';
import { type Incoming, planIncoming } from './messages/incoming.ts';
import { LoadedChats } from './messages/loaded-chats.ts';
import { Memory } from './messages/memory.ts';
import { MessagesApp } from './messages/messages-app.ts';
import { Steps } from './messages/steps.ts';
import { type OsascriptAnswer, runOsascript } from './osascript-command.ts';

export interface SimulatedMacOptions {
  readonly home: string;
  readonly macos: MacosVersion;
  /** Factor on all of Messages' own delays: 1 is brisk but real, 0.1 ten times faster, 0 at once. */
  readonly pace: number;
  readonly sms: boolean;
}

export const receiveSchema = z.object({
  from: z.string().min(1),
  text: z.string().default(''),
  service: z.enum(['iMessage', 'SMS', 'RCS']).default('iMessage'),
  chat: z.string().optional(),
  members: z.array(z.string()).default([]),
  attachment: z.string().optional(),
  delayJoinMs: z.number().min(0).optional(),
  behaviour: z.string().default('normal'),
  date: z.number().optional(),
});
export type ReceiveRequest = z.input<typeof receiveSchema>;

/** The new row, and the moment (epoch milliseconds) its commit returned. */
export interface Received {
  readonly rowid: number;
  readonly guid: string;
  readonly at: number;
}

/** Messages.app, its chat.db and its scripting, in one process. */
export class SimulatedMac {
  readonly #options: SimulatedMacOptions;
  readonly #memory: Memory;
  readonly #db: ChatDatabase;
  readonly #steps: Steps;
  readonly #chats: LoadedChats;
  readonly #accounts: readonly Account[];
  readonly #messages: MessagesApp;
  readonly #happenings: Happenings;

  constructor(options: SimulatedMacOptions) {
    this.#options = options;
    mkdirSync(options.home, { recursive: true });
    this.#memory = new Memory(join(options.home, 'memory.db'));
    const version = this.#memory.setting('macos', () => options.macos);
    if (version !== options.macos) {
      throw new Error(
        `${options.home} holds a ${version} database; start it with --macos ${version} or another --home.`,
      );
    }
    this.#db = new ChatDatabase(join(options.home, 'Library/Messages/chat.db'), options.macos);
    this.#chats = new LoadedChats(this.#db);
    this.#steps = new Steps(this.#memory, this.#db, (chat) => this.#chats.touch(chat));
    this.#accounts = accountsOf(options.macos, this.#memory, options.sms);
    this.#messages = new MessagesApp({
      version: options.macos,
      home: options.home,
      pace: options.pace,
      accounts: this.#accounts,
      memory: this.#memory,
      steps: this.#steps,
      chats: this.#chats,
    });
    this.#happenings = new Happenings({
      version: options.macos,
      pace: options.pace,
      accounts: this.#accounts,
      db: this.#db,
      chats: this.#chats,
      steps: this.#steps,
    });
    // What was under way when the last process died goes on now.
    this.#steps.run();
  }

  get memory(): Memory {
    return this.#memory;
  }

  /** Runs one osascript call; `signal` fires when the osascript process is gone. */
  async osascript(
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
    cwd: string,
    signal: AbortSignal,
    readStdin: () => Promise<string>,
  ): Promise<OsascriptAnswer> {
    const call = this.#memory.callStarted(argv, Date.now());
    try {
      const answer = await runOsascript(
        { argv, readStdin },
        { applications: [this.#messages], env, cwd, signal },
      );
      this.#memory.callEnded(
        call,
        signal.aborted ? 'killed' : answer.code === 0 ? 'ok' : answer.stderr.trim(),
      );
      return answer;
    } catch (error) {
      this.#memory.callEnded(call, `simulated Mac failed: ${String(error)}`);
      throw error;
    }
  }

  #account(service: string): Account {
    const account = this.#accounts.find((candidate) => candidate.service === service);
    if (account === undefined)
      throw new Error(`This simulated Mac (${this.#options.macos}) has no ${service} account.`);
    return account;
  }

  /** Lets a message arrive. Throws a sentence when it cannot. */
  receive(request: ReceiveRequest): Received {
    const wanted = receiveSchema.parse(request);
    const { macos, home, pace } = this.#options;
    const account = this.#account(wanted.service);
    const from = canonicalAddress(wanted.from);
    const members = [...new Set([from, ...wanted.members.map(canonicalAddress)])];
    const message: Incoming = {
      guid: crypto.randomUUID().toUpperCase(),
      from,
      account,
      chat:
        wanted.chat === undefined
          ? directChat(macos, account, from)
          : groupChat(macos, account, wanted.chat, members),
      text: wanted.text,
      file: wanted.attachment === undefined ? undefined : resolve(wanted.attachment),
      date: wanted.date ?? Date.now(),
      joinAfterMs: wanted.delayJoinMs,
    };
    const told =
      wanted.behaviour === 'normal' ? (this.#memory.takeBehaviour(from) ?? 'normal') : wanted.behaviour;
    this.#steps.plan(planIncoming(macos, message, parseBehaviour(told), home, pace));
    return {
      guid: message.guid,
      rowid: this.#db.rowidOf(message.guid) ?? 0,
      at: performance.timeOrigin + performance.now(),
    };
  }

  /** Lets something happen that no script asked for. Answers the guids of the rows it made or changed. */
  happen(request: HappeningRequest): string[] {
    return this.#happenings.happen(request);
  }

  /** Switches a behaviour for a recipient (`*`: everybody), for `count` occasions or until further notice. */
  behave(recipient: string, behaviour: string, count?: number): void {
    parseBehaviour(behaviour);
    this.#memory.setBehaviour(recipient === '*' ? '*' : canonicalAddress(recipient), behaviour, count);
  }

  status(): Record<string, unknown> {
    const [counts] = this.#db.all('SELECT count(*) AS messages, max(ROWID) AS last FROM message');
    return {
      home: this.#options.home,
      macos: this.#options.macos,
      pace: this.#options.pace,
      chat_db: this.#db.path,
      messages: Number(counts?.messages ?? 0),
      last_rowid: Number(counts?.last ?? 0),
      sent: this.#memory.sent().length,
      osascript_calls: this.#memory.calls().length,
      messages_running: this.#messages.isRunning(),
      behaviours: this.#memory.behaviours(),
    };
  }

  close(): void {
    this.#steps.stop();
    this.#db.close();
    this.#memory.close();
  }
}
