import { statSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { CallContext, ScriptableApplication } from '../applescript/application.ts';
import { pause } from '../applescript/frames.ts';
import {
  BAD_COERCION,
  CONNECTION_INVALID,
  NOT_HANDLED,
  NOT_PERMITTED,
  NOT_RUNNING,
  TIMED_OUT,
} from '../applescript/script-error.ts';
import type { Terminology } from '../applescript/terminology.ts';
import {
  type AppObject,
  displayOf,
  isList,
  MISSING,
  sourceOf,
  toText,
  type Value,
} from '../applescript/values.ts';
import { actsOn, type Behaviour, parseBehaviour } from '../behaviours.ts';
import type { ChatSpec } from '../chat-db/chat-database.ts';
import type { MacosVersion } from '../chat-db/columns.ts';
import { type Account, canonicalAddress, directChat } from './accounts.ts';
import type { AppState } from './app-state.ts';
import type { LoadedChats } from './loaded-chats.ts';
import type { Memory } from './memory.ts';
import { messagesTerms } from './messages-terms.ts';
import { type Outgoing, planGhost, planOutgoing } from './outgoing.ts';
import { APP, BUNDLE_ID, ScriptingObjects } from './scripting-objects.ts';
import type { Steps } from './steps.ts';

export interface MessagesWorld {
  readonly version: MacosVersion;
  readonly home: string;
  readonly pace: number;
  readonly accounts: readonly Account[];
  readonly memory: Memory;
  readonly steps: Steps;
  readonly chats: LoadedChats;
  readonly state: AppState;
}

type Content = Pick<Outgoing, 'text' | 'file'>;

const ERRORS: Partial<Record<Behaviour['name'], readonly [number, string]>> = {
  'automation-denied': [NOT_PERMITTED, 'Not authorized to send Apple events to Messages.'],
  'not-running': [NOT_RUNNING, 'Application isn’t running.'],
  'connection-lost': [CONNECTION_INVALID, 'Connection is invalid.'],
  'connection-lost-although-sent': [CONNECTION_INVALID, 'Connection is invalid.'],
};
const NOTHING_LEAVES: readonly Behaviour['name'][] = [
  'hangs',
  'times-out',
  'no-such-object',
  'automation-denied',
  'not-running',
  'connection-lost',
  'no-row',
];

/** Messages as scripts see it. Everything in it is read-only but `send`. */
export class MessagesApp implements ScriptableApplication {
  readonly name = APP;
  readonly bundleId = BUNDLE_ID;
  readonly terms: Terminology;
  readonly #world: MessagesWorld;
  readonly #objects: ScriptingObjects;

  constructor(world: MessagesWorld) {
    this.#world = world;
    this.terms = messagesTerms(world.version);
    this.#objects = new ScriptingObjects(world.version, world.accounts, world.chats);
  }

  isRunning(): boolean {
    return this.#world.state.running;
  }

  async admit(command: string | undefined, context: CallContext): Promise<void> {
    const all = this.#world.memory.peekBehaviour('*');
    if (all === 'automation-denied' || all === 'not-running')
      throw this.#objects.error(...(ERRORS[all] ?? [NOT_RUNNING, '']));
    await this.#world.state.admit(command, context);
  }

  elements(container: AppObject, kind: string): readonly AppObject[] {
    return this.#objects.elements(container, kind);
  }

  byId(container: AppObject, kind: string, id: string): AppObject {
    return this.#objects.byId(container, kind, id);
  }

  byName(container: AppObject, kind: string, name: string): AppObject {
    return this.#objects.byName(container, kind, name);
  }

  property(object: AppObject, name: string): Value {
    return this.#objects.property(object, name);
  }

  async command(
    name: string,
    direct: Value | undefined,
    labelled: Readonly<Record<string, Value>>,
    context: CallContext,
  ): Promise<Value | undefined> {
    if (name === 'send') return this.#send(direct, labelled.to, context);
    if (name === 'quit') this.#world.state.end();
    if (['quit', 'launch', 'activate', 'run', 'reopen'].includes(name)) return undefined;
    throw this.#objects.error(
      NOT_HANDLED,
      `${sourceOf(direct ?? MISSING)} doesn’t understand the “${name}” message.`,
    );
  }

  #target(to: Value | undefined): { account: Account; chat: ChatSpec; ghost: boolean } {
    if (typeof to === 'object' && !isList(to) && to.kind === 'object') {
      const { version, accounts } = this.#world;
      if (to.class === 'participant') {
        const account = this.#objects.account(to);
        const address = canonicalAddress(to.id.slice(to.id.indexOf(':') + 1));
        return { account, chat: directChat(version, account, address), ghost: false };
      }
      if (to.class === 'chat') {
        const chat = this.#world.chats.find(to.id);
        const account = accounts.find((candidate) => candidate.guid === chat?.accountGuid) ?? accounts[0];
        if (account === undefined) throw this.#objects.missing('account 1');
        if (chat !== undefined) return { account, chat, ghost: false };
        return { account, chat: directChat(version, account, to.id.replace('any;-;', '')), ghost: true };
      }
    }
    throw this.#objects.error(
      BAD_COERCION,
      `Can’t make ${sourceOf(to ?? MISSING)} into type chat, participant.`,
    );
  }

  #content(direct: Value | undefined): Content {
    if (
      typeof direct === 'object' &&
      !isList(direct) &&
      (direct.kind === 'file' || direct.kind === 'alias')
    ) {
      const found = statSync(direct.path, { throwIfNoEntry: false });
      const roots = ['Library/Messages', 'Media', 'Library/SMS'].map(
        (folder) => join(this.#world.home, folder) + sep,
      );
      const readable = found?.isFile() === true && roots.some((root) => direct.path.startsWith(root));
      return { text: '', file: { path: direct.path, bytes: found?.size ?? 0, readable } };
    }
    if (typeof direct === 'string' || typeof direct === 'number' || typeof direct === 'boolean') {
      return { text: toText(direct), file: undefined };
    }
    throw this.#objects.error(BAD_COERCION, `Can’t make ${displayOf(direct ?? MISSING)} into type text.`);
  }

  #behaviour(chat: ChatSpec): Behaviour {
    const { memory } = this.#world;
    const text =
      memory.takeBehaviour(chat.identifier, actsOn('send')) ??
      memory.takeBehaviour('*', actsOn('send')) ??
      'normal';
    return parseBehaviour(text);
  }

  async #send(direct: Value | undefined, to: Value | undefined, context: CallContext): Promise<undefined> {
    const { account, chat, ghost } = this.#target(to);
    const content = this.#content(direct);
    const behaviour = this.#behaviour(chat);
    const message: Outgoing = {
      guid: crypto.randomUUID().toUpperCase(),
      account,
      chat,
      ...content,
      at: Date.now(),
    };
    const { steps, pace } = this.#world;
    if (ghost || behaviour.name === 'ghost-row') steps.plan(planGhost(message, pace));
    else if (!NOTHING_LEAVES.includes(behaviour.name)) steps.plan(planOutgoing(message, behaviour, pace));
    await this.#answer(behaviour, to, context);
  }

  /** How the Apple event ends; what becomes of the message is decided already. */
  async #answer(behaviour: Behaviour, to: Value | undefined, context: CallContext): Promise<void> {
    const raised = ERRORS[behaviour.name];
    if (raised !== undefined) throw this.#objects.error(...raised);
    switch (behaviour.name) {
      case 'no-such-object':
        throw this.#objects.missing(sourceOf(to ?? MISSING).replace(/ of application.*$/, ''));
      case 'hangs':
      case 'hangs-although-sent':
        return pause(2 ** 30, context.signal);
      case 'slow-answer':
        return pause(behaviour.amount, context.signal);
      case 'times-out':
      case 'times-out-although-sent':
        await pause(context.timeoutSeconds * 1000 * this.#world.pace, context.signal);
        throw this.#objects.error(TIMED_OUT, 'AppleEvent timed out.');
    }
  }
}
