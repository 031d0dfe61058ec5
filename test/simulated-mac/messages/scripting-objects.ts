import { NO_SUCH_OBJECT, ScriptError } from '../applescript/script-error.ts';
import { type AppObject, MISSING, sourceOf, type Value } from '../applescript/values.ts';
import type { ChatSpec } from '../chat-db/chat-database.ts';
import { type MacosVersion, majorOf } from '../chat-db/columns.ts';
import type { Account } from './accounts.ts';
import type { LoadedChats } from './loaded-chats.ts';

export const APP = 'Messages';
export const BUNDLE_ID = 'com.apple.MobileSMS';

/** Accounts, participants and chats as scripts find them. Objects are looked up when they are used, by id. */
export class ScriptingObjects {
  readonly #version: MacosVersion;
  readonly #accounts: readonly Account[];
  readonly #chats: LoadedChats;

  constructor(version: MacosVersion, accounts: readonly Account[], chats: LoadedChats) {
    this.#version = version;
    this.#accounts = accounts;
    this.#chats = chats;
  }

  error(number: number, message: string): ScriptError {
    return new ScriptError(number, message, { app: APP });
  }

  object(kind: string, id: string): AppObject {
    return { kind: 'object', app: APP, class: kind, id };
  }

  missing(what: string): ScriptError {
    return this.error(NO_SUCH_OBJECT, `Can’t get ${what}.`);
  }

  account(object: AppObject): Account {
    const guid = object.class === 'participant' ? (object.id.split(':')[0] ?? '') : object.id;
    const account = this.#accounts.find((candidate) => candidate.guid === guid);
    if (account === undefined) throw this.missing(`account id "${guid}"`);
    return account;
  }

  chat(object: AppObject): ChatSpec {
    const chat = this.#chats.find(object.id);
    if (chat === undefined) throw this.missing(`chat id "${object.id}"`);
    return chat;
  }

  elements(container: AppObject, kind: string): readonly AppObject[] {
    if (kind === 'account' && container.class === 'application') {
      return this.#accounts.map((account) => this.object('account', account.guid));
    }
    const account = container.class === 'account' ? this.account(container) : undefined;
    const chats = this.#chats
      .all()
      .filter((chat) => account === undefined || chat.accountGuid === account.guid);
    if (kind === 'chat') return chats.map((chat) => this.object('chat', chat.guid));
    if (kind === 'participant') {
      const of = container.class === 'chat' ? [this.chat(container)] : chats;
      const ids = of.flatMap((chat) => chat.members.map((member) => `${chat.accountGuid}:${member}`));
      return [...new Set(ids)].map((id) => this.object('participant', id));
    }
    if (kind === 'file transfer') return [];
    throw this.missing(`every ${kind} of ${sourceOf(container)}`);
  }

  byId(container: AppObject, kind: string, id: string): AppObject {
    if (kind === 'chat') {
      const found = this.#chats.find(id);
      if (found === undefined && !this.#isMistakenGroup(id)) throw this.missing(`chat id "${id}"`);
      return this.object('chat', id);
    }
    if (kind === 'account') {
      const found = this.#accounts.find((account) => account.guid.toLowerCase() === id.toLowerCase());
      if (found !== undefined) return this.object('account', found.guid);
    }
    const [guid = '', ...address] = id.split(':');
    const account = this.#accounts.find((candidate) => candidate.guid === guid);
    if (kind === 'participant' && account?.enabled && address.length > 0)
      return this.object('participant', id);
    throw this.missing(
      `${kind} id "${id}"${container.class === 'application' ? '' : ` of ${sourceOf(container)}`}`,
    );
  }

  /** On macOS 26 a group asked for with the direct form of its guid "exists", and swallows what is sent. */
  #isMistakenGroup(id: string): boolean {
    return majorOf(this.#version) >= 26 && /^any;-;chat\d+$/.test(id);
  }

  byName(container: AppObject, kind: string, name: string): AppObject {
    if (kind === 'participant' && container.class === 'account') {
      // Whatever the address, an enabled account has a participant for it.
      const account = this.account(container);
      if (account.enabled) return this.object('participant', `${account.guid}:${name}`);
    }
    if (kind === 'chat') {
      const found = this.#chats.all().find((chat) => chat.displayName === name);
      if (found !== undefined) return this.object('chat', found.guid);
    }
    throw this.missing(
      `${kind} "${name}"${container.class === 'application' ? '' : ` of ${container.class} id "${container.id}"`}`,
    );
  }

  property(object: AppObject, name: string): Value {
    const value = this.#properties(object)[name];
    if (value === undefined) throw this.missing(`${name} of ${sourceOf(object)}`);
    return typeof value === 'function' ? value() : value;
  }

  #properties(object: AppObject): Readonly<Record<string, Value | (() => Value)>> {
    if (object.class === 'application') {
      return {
        name: APP,
        id: BUNDLE_ID,
        version: `${majorOf(this.#version)}.0`,
        frontmost: false,
      };
    }
    if (object.class === 'account') {
      const account = this.account(object);
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
      const account = () => this.object('account', this.account(object).guid);
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
    const chat = this.chat(object);
    return {
      id: chat.guid,
      name: chat.displayName ?? MISSING,
      account: () => this.object('account', chat.accountGuid),
      participants: () => [...this.elements(object, 'participant')],
    };
  }
}
