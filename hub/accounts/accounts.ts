import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from 'pino';
import type { Scope } from '../api/route.ts';
import type { User } from '../store/accounts.ts';
import type { Store } from '../store/store.ts';
import { AUTH_PATH, type Auth, createAuth, SOURCE_HEADER } from './auth.ts';
import { passFaults } from './auth-adapter.ts';
import { isFromPanel } from './origins.ts';

interface AccountsOptions {
  store: Store;
  /** HUB_SECRET. */
  secret: string;
  /** Known once the hub listens. */
  publicUrl: () => string;
  now: () => number;
  log: Logger;
}

/** From where a request came, and what came with it. */
export interface Sender {
  headers: IncomingHttpHeaders;
  source: string;
}

/** A session that is open, and what its user may see. */
export interface SignedIn {
  /** Id of the session; not what the cookie holds. */
  sessionId: string;
  user: User;
  /** undefined: everything. */
  scope: Scope | undefined;
}

/** Who uses the panel: their sessions, and how they came by them. */
export class Accounts {
  readonly #options: AccountsOptions;
  #auth: Auth | undefined;

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  /** Whose open session the cookies belong to. Never trusts where the request came from: see isFromPanel. */
  async identify(sender: Sender): Promise<SignedIn | undefined> {
    const { store } = this.#options;
    if (sender.headers.cookie === undefined) return undefined;
    const found = await passFaults(() =>
      this.#library.api.getSession({ headers: toHeaders(sender), query: { disableRefresh: true } }),
    );
    const access = found ? await store.readAccess(found.user.id) : undefined;
    if (!found || !access || access.user.disabled) return undefined;
    return { sessionId: found.session.id, user: access.user, scope: scopeOf(access) };
  }

  /** Whether a request that bears a cookie was made by the panel, and not by another page in the same browser. */
  isFromPanel(headers: IncomingHttpHeaders): boolean {
    return isFromPanel(headers, this.#options.publicUrl());
  }

  /** Of these sessions those that are still open, wherever they were ended. */
  async listOpen(sessionIds: string[]): Promise<Set<string>> {
    if (sessionIds.length === 0) return new Set();
    const { store, now } = this.#options;
    return new Set(await store.listOpenSessions(sessionIds, now()));
  }

  /** Somebody as they are now, whatever they were when their session was looked at. */
  async readUser(id: string): Promise<User | undefined> {
    return await this.#options.store.findUser(id);
  }

  /** Lets the sender's session last longer, where it is time to: the cookies to set. */
  async refresh(sender: Sender): Promise<string[]> {
    if (sender.headers.cookie === undefined) return [];
    const { headers } = await passFaults(() =>
      this.#library.api.getSession({ headers: toHeaders(sender), returnHeaders: true }),
    );
    return headers.getSetCookie();
  }

  /** Opens a session: the cookies to set. Where the user has a second factor they lead to the question for it. */
  async signIn(sender: Sender, credentials: { email: string; password: string }): Promise<string[]> {
    const { headers } = await passFaults(() =>
      this.#library.api.signInEmail({
        headers: toHeaders(sender),
        body: credentials,
        returnHeaders: true,
      }),
    );
    return headers.getSetCookie();
  }

  async hashPassword(password: string): Promise<string> {
    return (await this.#library.$context).password.hash(password);
  }

  /** The library's answer to one of its own routes, `path` being below its own. */
  async serve(method: 'GET' | 'POST', path: string, sender: Sender & { body: unknown }): Promise<Response> {
    const url = new URL(`${AUTH_PATH}${path}`, this.#options.publicUrl());
    const headers = toHeaders(sender);
    const body = sender.body === undefined ? null : JSON.stringify(sender.body);
    if (body !== null) headers.set('content-type', 'application/json');
    return passFaults(() => this.#library.handler(new Request(url, { method, headers, body })));
  }

  /** Made when it is first needed, since the address of the hub is known only then. */
  get #library(): Auth {
    const { publicUrl, ...rest } = this.#options;
    this.#auth ??= createAuth({ ...rest, publicUrl: publicUrl() });
    return this.#auth;
  }
}

function scopeOf({ user, devices }: { user: User; devices: string[] }): Scope | undefined {
  if (user.role === 'admin') return undefined;
  return { user: user.id, workspaces: new Set(user.workspaces), devices: new Set(devices) };
}

/** What the library looks at; what a proxy says of others is judged before. */
const PASSED = [
  'cookie',
  'host',
  'origin',
  'referer',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'user-agent',
] as const;

function toHeaders({ headers, source }: Sender): Headers {
  const passed = new Headers({ [SOURCE_HEADER]: source });
  for (const name of PASSED) {
    const value = headers[name];
    if (typeof value === 'string') passed.set(name, value);
  }
  return passed;
}
