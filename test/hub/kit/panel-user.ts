import type { Answer, TestHub } from './test-hub.ts';

const PASSWORD = 'correct horse battery';

/** Somebody at the panel: keeps cookies as a browser does, and says where requests come from. */
export class PanelUser {
  readonly hub: TestHub;
  readonly cookies = new Map<string, string>();
  /** What the browser shows. */
  readonly origin: string;
  /** Each throttle counts by source: every user of a test has one of their own. */
  readonly source: string;
  readonly password = PASSWORD;
  static #sources = 0;

  constructor(hub: TestHub, { origin = hub.url, source }: { origin?: string; source?: string } = {}) {
    this.hub = hub;
    this.origin = origin;
    PanelUser.#sources += 1;
    this.source = source ?? `203.0.113.${PanelUser.#sources % 250}`;
  }

  /** The hub's first admin, signed in. */
  static async setUp(hub: TestHub, fields: { name?: string; email?: string } = {}): Promise<PanelUser> {
    const user = new PanelUser(hub);
    const link = await hub.api('POST', '/api/setup-links');
    const answer = await user.join(String(link.body.url), {
      name: 'Ann',
      email: 'ann@example.com',
      ...fields,
    });
    if (answer.status !== 201) throw new Error(`setting up failed: ${JSON.stringify(answer.body)}`);
    return user;
  }

  /** Uses a link up. */
  join(url: string, fields: Record<string, unknown> = {}): Promise<Answer> {
    return this.call('POST', `/api${new URL(url).pathname}`, { password: PASSWORD, ...fields });
  }

  signIn(email: string, password = PASSWORD): Promise<Answer> {
    return this.call('POST', '/api/auth/sign-in/email', { email, password });
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await this.hub.call(method, path, {
      headers: {
        origin: this.origin,
        'x-forwarded-for': this.source,
        ...(cookie !== '' && { cookie }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    for (const line of answer.headers.getSetCookie()) this.#keep(line);
    return answer;
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    if (value === '' || attributes.includes('Max-Age=0')) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}
