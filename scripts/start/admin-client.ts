import { errorBodySchema } from '../../shared/api/errors.ts';

/** Calls the hub's admin API. A refusal throws the hub's own sentence; `undefined` stands for 404. */
export class AdminClient {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  async call(method: string, path: string, body?: unknown): Promise<Record<string, unknown> | undefined> {
    const init: RequestInit = {
      method,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
    };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(new URL(path, this.#url), init);
    const text = await response.text();
    const answer: unknown = text ? JSON.parse(text) : {};
    if (response.status === 404) return undefined;
    if (!response.ok) {
      const error = errorBodySchema.safeParse(answer).data;
      throw new Error(`${method} ${path}: ${error?.message ?? `the hub answered ${response.status}`}`);
    }
    return answer as Record<string, unknown>;
  }

  /** For calls that answer 200 or 201: the field `name` of the answer. */
  async ask(method: string, path: string, body: unknown, name: string): Promise<string> {
    const answer = await this.call(method, path, body);
    if (typeof answer?.[name] !== 'string') throw new Error(`${method} ${path} did not answer with ${name}`);
    return answer[name];
  }
}
