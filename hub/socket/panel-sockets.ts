import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { Namespace, Socket } from 'socket.io';
import type { PanelEvents, Topic } from '../../shared/api/changes.ts';

/** Whoever looks at a panel, with all that says what they may see and do. */
interface Viewer {
  id: string;
  role: 'admin' | 'user';
}

/** A session of the panel. */
interface Session {
  sessionId: string;
  user: Viewer;
}

/** Who may listen. */
interface Doorkeeper {
  /** Whether a request was made by this hub's own panel, by what its browser says. */
  isFromPanel(headers: IncomingHttpHeaders): boolean;
  /** Whose open session the cookies belong to. */
  identify(sender: { headers: IncomingHttpHeaders; source: string }): Promise<Session | undefined>;
  /** Of these sessions those that are still open. */
  listOpen(sessionIds: string[]): Promise<Set<string>>;
  readUser(id: string): Promise<Viewer | undefined>;
}

export interface PanelSocketsDependencies {
  doorkeeper: Doorkeeper;
  log: Logger;
  /** Called when the first panel has come, and when the last one has gone. */
  onWatched: (watched: boolean) => void;
}

export type PanelNamespace = Namespace<Record<string, never>, PanelEvents, Record<string, never>, Session>;
type PanelSocket = Socket<Record<string, never>, PanelEvents, Record<string, never>, Session>;

/** What only admins see. A word of it would tell others that admins are at work. */
const ADMINS_ONLY: readonly Topic[] = ['users', 'audit'];

const MOST_SOCKETS = 500;
const MOST_PER_USER = 20;
/** A session that ends without a word (its time is over, another hub ended it) is found by then. */
const LOOK_EVERY_MS = 30_000;

/**
 * Where panels listen for changes: they are told which topics changed, and say nothing themselves. Whoever is no admin hears of
 * `users` only what is about themselves.
 */
export class PanelSockets {
  readonly #dependencies: PanelSocketsDependencies;
  readonly #admitted = new WeakMap<IncomingMessage, Session>();
  readonly #sockets = new Set<PanelSocket>();
  #look: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;

  constructor(dependencies: PanelSocketsDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Judges a browser before it is connected: only the panel's own page, by WebSocket, with the cookie of an open session.
   * Answers why it is refused, undefined when it is not.
   */
  async admit(request: IncomingMessage): Promise<string | undefined> {
    const { doorkeeper, log } = this.#dependencies;
    const { headers, url = '' } = request;
    const isSocket = new URLSearchParams(url.split('?')[1]).get('transport') === 'websocket';
    if (!isSocket || !doorkeeper.isFromPanel(headers)) return 'Browsers are not served here.';
    try {
      const session = await doorkeeper.identify({ headers, source: request.socket.remoteAddress ?? '' });
      if (session === undefined) return 'Sign in first.';
      this.#admitted.set(request, session);
      return undefined;
    } catch (error) {
      log.warn({ err: error }, 'a panel could not be admitted because the store is unavailable');
      return 'The hub cannot read its database right now.';
    }
  }

  serve(namespace: PanelNamespace): void {
    namespace.use((socket, next) => {
      const session = this.#admitted.get(socket.request);
      const refusal = session ? this.#faultOf(session) : 'Only panels listen here.';
      if (session) socket.data = session;
      next(refusal === undefined ? undefined : new Error(refusal));
    });
    namespace.on('connection', (socket) => this.#welcome(socket));
  }

  tell(topics: Topic[]): void {
    const forAll = topics.filter((topic) => !ADMINS_ONLY.includes(topic));
    for (const socket of this.#sockets) tellOne(socket, isAdmin(socket) ? topics : forAll);
    // A session may have been ended among them, or somebody given other rights.
    if (topics.includes('users')) this.#recheck();
  }

  /** Cuts off those whose session is over, and tells those who are not what they were. */
  #recheck(): void {
    this.#lookAgain = true;
    this.#looking ??= this.#lookAtAll().finally(() => {
      this.#looking = undefined;
    });
  }

  #faultOf({ user }: Session): string | undefined {
    if (this.#sockets.size >= MOST_SOCKETS) return 'Too many panels are open at this hub.';
    const own = [...this.#sockets].filter((socket) => socket.data.user.id === user.id);
    return own.length >= MOST_PER_USER ? 'Too many panels of this user are open.' : undefined;
  }

  #welcome(socket: PanelSocket): void {
    this.#sockets.add(socket);
    socket.on('disconnect', () => this.#forget(socket));
    socket.onAny(() => socket.disconnect(true));
    if (this.#sockets.size > 1) return;
    this.#look = setInterval(() => this.#recheck(), LOOK_EVERY_MS);
    this.#dependencies.onWatched(true);
  }

  #forget(socket: PanelSocket): void {
    if (!this.#sockets.delete(socket) || this.#sockets.size > 0) return;
    clearInterval(this.#look);
    this.#dependencies.onWatched(false);
  }

  async #lookAtAll(): Promise<void> {
    const { doorkeeper, log } = this.#dependencies;
    while (this.#lookAgain) {
      this.#lookAgain = false;
      const sockets = [...this.#sockets];
      if (sockets.length === 0) return;
      try {
        const open = await doorkeeper.listOpen([...new Set(sockets.map(({ data }) => data.sessionId))]);
        for (const socket of sockets) if (!open.has(socket.data.sessionId)) socket.disconnect(true);
        await this.#followUsers();
      } catch (error) {
        log.debug({ err: error }, 'it could not be seen whose session is over; it is looked at again');
        return;
      }
    }
  }

  async #followUsers(): Promise<void> {
    for (const id of new Set([...this.#sockets].map(({ data }) => data.user.id))) {
      const user = await this.#dependencies.doorkeeper.readUser(id);
      if (user !== undefined)
        for (const socket of this.#sockets) if (socket.data.user.id === id) follow(socket, user);
    }
  }
}

function follow(socket: PanelSocket, user: Viewer): void {
  const isOther = JSON.stringify(user) !== JSON.stringify(socket.data.user);
  // Admins were told already.
  if (isOther && !isAdmin(socket)) tellOne(socket, ['users']);
  socket.data.user = user;
}

function isAdmin({ data }: PanelSocket): boolean {
  return data.user.role === 'admin';
}

function tellOne(socket: PanelSocket, topics: Topic[]): void {
  if (topics.length > 0) socket.emit('changed', { topics });
}
