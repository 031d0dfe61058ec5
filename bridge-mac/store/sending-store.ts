import type { Database, Statement } from 'better-sqlite3';
import type { Channel } from '../../shared/channels.ts';
import { type Settings, settingsSchema, UNPACED } from '../../shared/wire/settings.ts';
import type { SendRoute } from '../config.ts';

/** What is known of macOS' consent to control Messages. */
export type Consent = 'unproven' | 'given' | 'denied';

/** When the latest send began, and how much of the jitter its gap gets: 0 to 1. */
export interface Beginning {
  at: number;
  spread: number;
}

/** What the bridge remembers about sending beyond single messages. Times are epoch milliseconds. */
export class SendingStore {
  readonly #get: Statement<[string], { value: string }>;
  readonly #set: Statement<[string, string]>;
  readonly #begin: Statement<[number, number]>;
  readonly #latest: Statement<[], Beginning>;
  readonly #nth: Statement<[number], { at: number }>;
  readonly #pullBack: Statement<[number, number]>;
  readonly #forget: Statement<[number]>;
  readonly #route: Statement<[string, Channel], { route: SendRoute }>;
  readonly #remember: Statement<[string, Channel, SendRoute]>;

  constructor(db: Database) {
    this.#get = db.prepare('SELECT value FROM meta WHERE name = ?');
    this.#set = db.prepare(
      'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    );
    this.#begin = db.prepare('INSERT INTO send_beginnings (at, spread) VALUES (?, ?)');
    this.#latest = db.prepare('SELECT at, spread FROM send_beginnings ORDER BY at DESC, number DESC LIMIT 1');
    this.#nth = db.prepare('SELECT at FROM send_beginnings ORDER BY at DESC, number DESC LIMIT 1 OFFSET ?');
    this.#pullBack = db.prepare('UPDATE send_beginnings SET at = ? WHERE at > ?');
    this.#forget = db.prepare(
      'DELETE FROM send_beginnings WHERE at < ? AND number < (SELECT max(number) FROM send_beginnings)',
    );
    this.#route = db.prepare('SELECT route FROM routes WHERE conversation = ? AND channel = ?');
    this.#remember = db.prepare(
      `INSERT INTO routes (conversation, channel, route) VALUES (?, ?, ?)
       ON CONFLICT (conversation, channel) DO UPDATE SET route = excluded.route`,
    );
  }

  /** What the hub said last, also before the bridge was restarted. */
  get settings(): Settings {
    const known = this.#get.get('settings')?.value;
    const parsed = settingsSchema.safeParse(known === undefined ? undefined : JSON.parse(known));
    return parsed.success ? parsed.data : { pace: UNPACED, extra_events: [] };
  }

  setSettings(settings: Settings): void {
    this.#set.run('settings', JSON.stringify(settings));
  }

  get consent(): Consent {
    return (this.#get.get('consent')?.value ?? 'unproven') as Consent;
  }

  setConsent(consent: Consent): void {
    this.#set.run('consent', consent);
  }

  get restartedMessagesAt(): number {
    return Number(this.#get.get('restarted_messages_at')?.value ?? 0);
  }

  setRestartedMessagesAt(moment: number): void {
    this.#set.run('restarted_messages_at', String(moment));
  }

  recordBeginning({ at, spread }: Beginning, forgetBefore: number): void {
    this.#begin.run(at, spread);
    this.#forget.run(forgetBefore);
  }

  get latestBeginning(): Beginning | undefined {
    return this.#latest.get();
  }

  /** When the send began that has `later` ones after it. */
  beginningBefore(later: number): number | undefined {
    return this.#nth.get(later)?.at;
  }

  /** After a clock was set back nothing lies in the future. */
  endBeginningsBy(now: number): void {
    this.#pullBack.run(now, now);
  }

  /** The way of addressing that worked last in a conversation. */
  routeOf(conversation: string, channel: Channel): SendRoute | undefined {
    return this.#route.get(conversation, channel)?.route;
  }

  rememberRoute(conversation: string, channel: Channel, route: SendRoute): void {
    if (this.routeOf(conversation, channel) !== route) this.#remember.run(conversation, channel, route);
  }
}
