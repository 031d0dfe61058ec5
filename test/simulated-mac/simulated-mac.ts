import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseBehaviour } from './behaviours.ts';
import { ChatDatabase } from './chat-db/chat-database.ts';
import type { MacosVersion } from './chat-db/columns.ts';
import { accountsOf, canonicalAddress } from './messages/accounts.ts';
import { AppState } from './messages/app-state.ts';
import type { HappeningWorld } from './messages/happenings/happening.ts';
import { type HappeningRequest, happen } from './messages/happenings.ts';
import { LoadedChats } from './messages/loaded-chats.ts';
import { Memory } from './messages/memory.ts';
import { MessagesApp } from './messages/messages-app.ts';
import { type Received, type ReceiveRequest, type ReceiveWorld, receive } from './messages/receive.ts';
import { Steps } from './messages/steps.ts';
import { type OsascriptAnswer, runOsascript } from './osascript-command.ts';
import type { ToolAnswer, ToolCall } from './tools/tool.ts';
import { answerTool, type ToolFault } from './tools/tools.ts';

export interface SimulatedMacOptions {
  readonly home: string;
  readonly macos: MacosVersion;
  /** Factor on all of Messages' own delays: 1 is brisk but real, 0.1 ten times faster, 0 at once. */
  readonly pace: number;
  readonly sms: boolean;
}

/** Messages.app, its chat.db and its scripting, in one process. */
export class SimulatedMac {
  readonly #options: SimulatedMacOptions;
  readonly #memory: Memory;
  readonly #db: ChatDatabase;
  readonly #steps: Steps;
  readonly #chats: LoadedChats;
  readonly #messages: MessagesApp;
  readonly #state: AppState;
  readonly #world: HappeningWorld & ReceiveWorld;

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
    this.#state = new AppState(this.#memory, this.#steps, options.pace, () => this.#chats.reload());
    this.#world = {
      version: options.macos,
      macos: options.macos,
      home: options.home,
      pace: options.pace,
      accounts: accountsOf(options.macos, this.#memory, options.sms),
      memory: this.#memory,
      db: this.#db,
      chats: this.#chats,
      steps: this.#steps,
      state: this.#state,
    };
    this.#messages = new MessagesApp(this.#world);
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

  /** Lets a message arrive. Throws a sentence when it cannot. */
  receive(request: ReceiveRequest): Received {
    return receive(request, this.#world);
  }

  /** Lets something happen that no script asked for. Answers the guids of the rows it made or changed. */
  happen(request: HappeningRequest): string[] {
    return happen(request, this.#world);
  }

  /** Switches a behaviour for a recipient (`*`: everybody), for `count` occasions or until further notice. */
  behave(recipient: string, behaviour: string, count?: number): void {
    parseBehaviour(behaviour);
    this.#memory.setBehaviour(recipient === '*' ? '*' : canonicalAddress(recipient), behaviour, count);
  }

  /** Runs one of macOS's other tools. */
  tool(name: string, call: ToolCall): ToolAnswer {
    return answerTool(name, call, this.#world);
  }

  /** Makes a tool, or one subcommand of it (`launchctl bootstrap`), fail or hang. */
  toolBehaves(tool: string, fault: ToolFault, count?: number): void {
    this.#memory.setBehaviour(`tool:${tool}`, fault === 'normal' ? fault : JSON.stringify(fault), count);
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
      messages_app: this.#state.describe(),
      behaviours: this.#memory.behaviours(),
    };
  }

  close(): void {
    this.#steps.stop();
    this.#db.close();
    this.#memory.close();
  }
}
