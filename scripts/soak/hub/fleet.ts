import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import { Hub } from '../../../test/kit/hub.ts';
import type { PostgresDatabase, PostgresServer } from '../../../test/kit/postgres.ts';
import type { Random } from '../random.ts';
import type { Ledger } from './ledger.ts';

/** JSON of any shape, to be looked into. */
export interface Loose {
  readonly [field: string]: Loose;
}

export interface Answer {
  readonly status: number;
  readonly body: Loose;
  /** Milliseconds, when the answer asks for patience. */
  readonly retryAfter: number | undefined;
}

/** `unreached`: nobody listens, so nothing was taken. `lost`: no answer came, and anything may have happened. */
export type Outcome = Answer | 'unreached' | 'lost';

const ANSWER_MS = 6_000;
const ADMIN_PATIENCE_MS = 90_000;
const START_PATIENCE_MS = 60_000;

interface Member {
  readonly hub: Hub;
  /** A person stopped it, or is starting it: its end is no surprise. */
  expectsEnd: boolean;
}

/** One hub, or several on one database: real processes that are killed, stopped and started again. */
export class Fleet implements AsyncDisposable {
  readonly #members: Member[] = [];
  readonly #agent = new Agent({ connections: 64, headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS });
  readonly #ledger: Ledger;
  readonly token: string;
  readonly postgres: PostgresServer | undefined;
  readonly #errorsOfEnded: string[] = [];

  private constructor(ledger: Ledger, token: string, postgres: PostgresServer | undefined) {
    this.#ledger = ledger;
    this.token = token;
    this.postgres = postgres;
  }

  static async start(
    ledger: Ledger,
    count: number,
    database?: { server: PostgresServer; database: PostgresDatabase },
  ): Promise<Fleet> {
    const token = randomBytes(24).toString('base64url');
    const fleet = new Fleet(ledger, token, database?.server);
    const env = {
      HUB_ADMIN_TOKEN: token,
      LOG_LEVEL: 'info',
      ...(database && { DATABASE_URL: database.database.url, HUB_SECRET: randomBytes(32).toString('hex') }),
    };
    for (let n = 0; n < count; n += 1) {
      const member = { hub: await Hub.start(env), expectsEnd: false };
      fleet.#members.push(member);
      fleet.#watch(member);
    }
    return fleet;
  }

  get size(): number {
    return this.#members.length;
  }

  /** Lines of the hubs' logs at level error: what they say, and how often. */
  get errors(): [words: string, times: number][] {
    const running = this.#members.flatMap(({ hub: { program } }) =>
      program.running ? errorsIn(program.lines) : [],
    );
    const all = Map.groupBy([...this.#errorsOfEnded, ...running], (words) => words);
    return [...all].map(([words, same]) => [words, same.length]);
  }

  /** Where a client or a device tries next: it cannot know which hub is up. */
  pickUrl(random: Random): string {
    return random.pick(this.#members).hub.url;
  }

  /** SIGKILL, or SIGTERM and a proper end; then a new start, `rest` milliseconds later. */
  async restart(n: number, signal: 'SIGKILL' | 'SIGTERM', rest: number): Promise<void> {
    const member = this.#member(n);
    member.expectsEnd = true;
    const code = await member.hub.program.end(signal);
    if (signal === 'SIGTERM' && code !== 0)
      this.#ledger.fault(`a hub asked to stop ended with ${code}: ${lastWords(member)}`);
    await sleep(rest);
    await this.#bringUp(member);
  }

  /** SIGSTOP: the process stands still, its sockets stay open. */
  async freeze(n: number, milliseconds: number): Promise<void> {
    const { child } = this.#member(n).hub.program;
    child.kill('SIGSTOP');
    await sleep(milliseconds);
    child.kill('SIGCONT');
  }

  /** One POST of a client. */
  async post(url: string, body: unknown, apiKey?: string): Promise<Outcome> {
    return this.call(url, 'POST', '/webhook', body, apiKey);
  }

  /**
   * A call of the admin API, repeated until somebody answers it. `lost` tries may have had their effect: those without an
   * answer, and those with 503, since a database that goes down at the commit does not say whether it took it.
   */
  async api(
    random: Random,
    method: Dispatcher.HttpMethod,
    path: string,
    body?: unknown,
  ): Promise<Answer & { lost: number }> {
    const deadline = Date.now() + ADMIN_PATIENCE_MS;
    for (let lost = 0; ; ) {
      const answer = await this.call(this.pickUrl(random), method, path, body, this.token);
      if (answer === 'lost') lost += 1;
      else if (answer !== 'unreached') {
        if (answer.status !== 503 && answer.status !== 429) return { ...answer, lost };
        if (answer.status === 503) lost += 1;
      }
      if (Date.now() > deadline) throw new Error(`nobody answers ${method} ${path}`);
      await sleep(200);
    }
  }

  /** Every item of a list. */
  async list(random: Random, path: string): Promise<Loose[]> {
    const items: Loose[] = [];
    for (let cursor: string | undefined; ; ) {
      const page: string = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { status, body } = await this.api(random, 'GET', `${path}&limit=200${page}`);
      if (status !== 200) throw new Error(`${path} answered ${status}`);
      items.push(...(body.items as unknown as Loose[]));
      if (typeof body.next_cursor !== 'string') return items;
      cursor = body.next_cursor;
    }
  }

  async call(
    url: string,
    method: Dispatcher.HttpMethod,
    path: string,
    body: unknown,
    bearer?: string,
  ): Promise<Outcome> {
    try {
      const response = await this.#agent.request({
        origin: url,
        path,
        method,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await response.body.text();
      const { 'retry-after': seconds } = response.headers;
      const retryAfter = typeof seconds === 'string' ? Number(seconds) * 1_000 : undefined;
      this.#judge(`${method} ${path.split('?')[0]}`, response.statusCode, retryAfter, text);
      return {
        status: response.statusCode,
        body: (text === '' ? {} : JSON.parse(text)) as Loose,
        retryAfter,
      };
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'
        ? 'unreached'
        : 'lost';
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const member of this.#members) {
      member.expectsEnd = true;
      await member.hub[Symbol.asyncDispose]();
    }
    await this.#agent.destroy();
  }

  #judge(what: string, status: number, retryAfter: number | undefined, text: string): void {
    if (status === 503 && retryAfter === undefined) this.#ledger.fault(`${what}: 503 without Retry-After`);
    if (status >= 500 && status !== 503)
      this.#ledger.fault(`${what} was answered ${status}: ${text.slice(0, 200)}`);
    if (status === 503) this.#ledger.did('answers 503');
  }

  async #bringUp(member: Member): Promise<void> {
    const deadline = Date.now() + START_PATIENCE_MS;
    for (;;) {
      try {
        await member.hub.restart();
        break;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await sleep(500);
      }
    }
    this.#watch(member);
  }

  #watch(member: Member): void {
    member.expectsEnd = false;
    const { program } = member.hub;
    program.child.once('exit', (code, signal) => {
      this.#errorsOfEnded.push(...errorsIn(program.lines));
      if (member.expectsEnd) return;
      this.#ledger.fault(`a hub ended by itself (${signal ?? code}): ${lastWords(member)}`);
      void this.#bringUp(member);
    });
  }

  #member(n: number): Member {
    const member = this.#members[n];
    if (member === undefined) throw new Error(`there is no hub ${n}`);
    return member;
  }
}

function lastWords({ hub }: Member): string {
  return hub.program.lines.slice(-3).join(' | ').slice(0, 600);
}

/** What lines at level error say, and why. The last line may have been cut off by a kill. */
function errorsIn(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    if (!/"level":"(error|fatal)"/.test(line)) return [];
    try {
      const { msg, err } = JSON.parse(line) as { msg: string; err?: { message?: string } };
      return [err?.message === undefined ? msg : `${msg} (${err.message})`];
    } catch {
      return [line];
    }
  });
}
