import { statSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { CallContext, ScriptableApplication } from '../applescript/application.ts';
import { pause } from '../applescript/evaluate.ts';
import {
  BAD_COERCION,
  CONNECTION_INVALID,
  NO_SUCH_OBJECT,
  NOT_HANDLED,
  NOT_PERMITTED,
  NOT_RUNNING,
  ScriptError,
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
import { type Behaviour, parseBehaviour } from '../behaviours.ts';
import type { ChatSpec } from '../chat-db/chat-database.ts';
import { type MacosVersion, majorOf } from '../chat-db/columns.ts';
import { type Account, canonicalAddress, directChat } from './accounts.ts';
import type { LoadedChats } from './loaded-chats.ts';
import type { Memory } from './memory.ts';
import { messagesTerms } from './messages-terms.ts';
import { type Outgoing, planGhost, planOutgoing } from './outgoing.ts';
import type { Steps } from './steps.ts';

export interface MessagesWorld {
  readonly version: MacosVersion;
  readonly home: string;
  readonly pace: number;
  readonly accounts: readonly Account[];
  readonly memory: Memory;
  readonly steps: Steps;
  readonly chats: LoadedChats;
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
  readonly name = 'Messages';
  readonly bundleId = 'com.apple.MobileSMS';
  readonly terms: Terminology;
  readonly #world: MessagesWorld;
  #running = true;

  constructor(world: MessagesWorld) {
    this.#world = world;
    this.terms = messagesTerms(world.version);
  }

  isRunning(): boolean {
    return this.#running;
  }

  admit(): void {
    const all = this.#world.memory.peekBehaviour('*');
    if (all === 'automation-denied' || all === 'not-running')
      throw this.#error(...(ERRORS[all] ?? [NOT_RUNNING, '']));
    // An Apple event launches an application that is not running.
    if (!this.#running) this.#launch();
  }

  #launch(): void {
    this.#running = true;
    this.#world.chats.reload();
  }

  #error(number: number, message: string): ScriptError {
    return new ScriptError(number, message, { app: this.name });
  }

  #object(kind: string, id: string): AppObject {
    return { kind: 'object', app: this.name, class: kind, id };
  }

  #missing(what: string): ScriptError {
    return this.#error(NO_SUCH_OBJECT, `Can’t get ${what}.`);
  }

  #account(object: AppObject): Account {
    const guid = object.class === 'participant' ? (object.id.split(':')[0] ?? '') : object.id;
    const account = this.#world.accounts.find((candidate) => candidate.guid === guid);
    if (account === undefined) throw this.#missing(`account id "${guid}"`);
    return account;
  }

  #chat(object: AppObject): ChatSpec {
    const chat = this.#world.chats.find(object.id);
    if (chat === undefined) throw this.#missing(`chat id "${object.id}"`);
    return chat;
  }

  elements(container: AppObject, kind: string): readonly AppObject[] {
    if (kind === 'account' && container.class === 'application') {
      return this.#world.accounts.map((account) => this.#object('account', account.guid));
    }
    const account = container.class === 'account' ? this.#account(container) : undefined;
    const chats = this.#world.chats
      .all()
      .filter((chat) => account === undefined || chat.accountGuid === account.guid);
    if (kind === 'chat') return chats.map((chat) => this.#object('chat', chat.guid));
    if (kind === 'participant') {
      const of = container.class === 'chat' ? [this.#chat(container)] : chats;
      const ids = of.flatMap((chat) => chat.members.map((member) => `${chat.accountGuid}:${member}`));
      return [...new Set(ids)].map((id) => this.#object('participant', id));
    }
    if (kind === 'file transfer') return [];
    throw this.#missing(`every ${kind} of ${sourceOf(container)}`);
  }

  byId(container: AppObject, kind: string, id: string): AppObject {
    if (kind === 'chat') {
      const found = this.#world.chats.find(id);
      if (found === undefined && !this.#isMistakenGroup(id)) throw this.#missing(`chat id "${id}"`);
      return this.#object('chat', id);
    }
    if (kind === 'account') {
      const found = this.#world.accounts.find((account) => account.guid.toLowerCase() === id.toLowerCase());
      if (found !== undefined) return this.#object('account', found.guid);
    }
    const [guid = '', ...address] = id.split(':');
    const account = this.#world.accounts.find((candidate) => candidate.guid === guid);
    if (kind === 'participant' && account?.enabled && address.length > 0)
      return this.#object('participant', id);
    throw this.#missing(
      `${kind} id "${id}"${container.class === 'application' ? '' : ` of ${sourceOf(container)}`}`,
    );
  }

  /** On macOS 26 a group asked for with the direct form of its guid "exists", and swallows what is sent. */
  #isMistakenGroup(id: string): boolean {
    return majorOf(this.#world.version) >= 26 && /^any;-;chat\d+$/.test(id);
  }

  byName(container: AppObject, kind: string, name: string): AppObject {
    if (kind === 'participant' && container.class === 'account') {
      // Whatever the address, an enabled account has a participant for it.
      const account = this.#account(container);
      if (account.enabled) return this.#object('participant', `${account.guid}:${name}`);
    }
    if (kind === 'chat') {
      const found = this.#world.chats.all().find((chat) => chat.displayName === name);
      if (found !== undefined) return this.#object('chat', found.guid);
    }
    throw this.#missing(
      `${kind} "${name}"${container.class === 'application' ? '' : ` of ${container.class} id "${container.id}"`}`,
    );
  }

  property(object: AppObject, name: string): Value {
    const value = this.#properties(object)[name];
    if (value === undefined) throw this.#missing(`${name} of ${sourceOf(object)}`);
    return typeof value === 'function' ? value() : value;
  }

  #properties(object: AppObject): Readonly<Record<string, Value | (() => Value)>> {
    if (object.class === 'application') {
      return {
        name: this.name,
        id: this.bundleId,
        version: `${majorOf(this.#world.version)}.0`,
        frontmost: false,
      };
    }
    if (object.class === 'account') {
      const account = this.#account(object);
      return {
        id: account.guid,
        description: account.login,
        enabled: account.enabled,
        'connection status': { kind: 'constant', name: account.enabled ? 'connected' : 'disconnected' },
        'service type': { kind: 'constant', name: account.service },
      };
    }
    if (object.class === 'participant') {
      const address = object.id.slice(object.id.indexOf(':') + 1);
      const account = () => this.#object('account', this.#account(object).guid);
      return {
        id: object.id,
        name: address,
        'full name': MISSING,
        'first name': MISSING,
        'last name': MISSING,
        handle: address,
        account,
      };
    }
    const chat = this.#chat(object);
    return {
      id: chat.guid,
      name: chat.displayName ?? MISSING,
      account: () => this.#object('account', chat.accountGuid),
      participants: () => [...this.elements(object, 'participant')],
    };
  }

  async command(
    name: string,
    direct: Value | undefined,
    labelled: Readonly<Record<string, Value>>,
    context: CallContext,
  ): Promise<Value | undefined> {
    if (name === 'send') return this.#send(direct, labelled.to, context);
    if (name === 'quit') this.#running = false;
    if (['quit', 'launch', 'activate', 'run', 'reopen'].includes(name)) return undefined;
    throw this.#error(
      NOT_HANDLED,
      `${sourceOf(direct ?? MISSING)} doesn’t understand the “${name}” message.`,
    );
  }

  #target(to: Value | undefined): { account: Account; chat: ChatSpec; ghost: boolean } {
    if (typeof to === 'object' && !isList(to) && to.kind === 'object') {
      const { version, accounts } = this.#world;
      if (to.class === 'participant') {
        const account = this.#account(to);
        const address = canonicalAddress(to.id.slice(to.id.indexOf(':') + 1));
        return { account, chat: directChat(version, account, address), ghost: false };
      }
      if (to.class === 'chat') {
        const chat = this.#world.chats.find(to.id);
        const account = accounts.find((candidate) => candidate.guid === chat?.accountGuid) ?? accounts[0];
        if (account === undefined) throw this.#missing('account 1');
        if (chat !== undefined) return { account, chat, ghost: false };
        return { account, chat: directChat(version, account, to.id.replace('any;-;', '')), ghost: true };
      }
    }
    throw this.#error(BAD_COERCION, `Can’t make ${sourceOf(to ?? MISSING)} into type chat, participant.`);
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
    throw this.#error(BAD_COERCION, `Can’t make ${displayOf(direct ?? MISSING)} into type text.`);
  }

  #behaviour(chat: ChatSpec): Behaviour {
    const { memory } = this.#world;
    const text = memory.takeBehaviour(chat.identifier) ?? memory.takeBehaviour('*') ?? 'normal';
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
    if (raised !== undefined) throw this.#error(...raised);
    switch (behaviour.name) {
      case 'no-such-object':
        throw this.#missing(sourceOf(to ?? MISSING).replace(/ of application.*$/, ''));
      case 'hangs':
      case 'hangs-although-sent':
        return pause(2 ** 30, context.signal);
      case 'slow-answer':
        return pause(behaviour.amount, context.signal);
      case 'times-out':
      case 'times-out-although-sent':
        await pause(context.timeoutSeconds * 1000 * this.#world.pace, context.signal);
        throw this.#error(TIMED_OUT, 'AppleEvent timed out.');
    }
  }
}
