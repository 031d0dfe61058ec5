import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsoleMessage, Page, Request, Response } from 'playwright-core';
import { ROOT } from '../../architecture/sources.ts';
import { waitFor } from '../wait.ts';
import { findBarriers } from './find-barriers.ts';
import { LOOKS, type Look } from './looks.ts';

/** Chromium's own note of an answer that is no success; whether that is right is for each test to say. */
const REFUSAL = /^Failed to load resource: the server responded with a status of 4\d\d/;

/** So many looks in a row must find nothing under way: a page asks for more when it has what it asked for. */
const QUIET_LOOKS = 5;

/** One page in a browser, watched: what goes wrong in it is remembered. */
export class View implements AsyncDisposable {
  readonly page: Page;
  readonly problems: string[] = [];
  readonly #origin: string;
  #look: Look;
  readonly #expected: RegExp[] = [REFUSAL];
  readonly #underWay = new Set<Request>();

  constructor(page: Page, origin: string, look: Look) {
    this.page = page;
    this.#origin = new URL(origin).origin;
    this.#look = look;
    page.on('pageerror', (error) => this.#note(`the page threw ${error.stack ?? error}`));
    page.on('dialog', (dialog) => {
      this.#note(`a dialog said: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('crash', () => this.#note('the page crashed'));
    // What the policy forbids is among these.
    page.on('console', (message) => this.#judgeMessage(message));
    page.on('request', (request) => this.#judgeRequest(request));
    page.on('requestfinished', (request) => this.#underWay.delete(request));
    page.on('requestfailed', (request) => this.#underWay.delete(request));
    page.on('response', (response) => this.#judgeResponse(response));
    page.on('websocket', (socket) => this.#judgeAddress(socket.url().replace(/^ws/, 'http')));
  }

  /** From here on this is no problem. */
  expect(problem: RegExp): void {
    this.#expected.push(problem);
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(path);
  }

  /** Shows what is there in another way. */
  async wear(look: Look): Promise<void> {
    this.#look = look;
    const { colorScheme, width, height } = LOOKS[look];
    await this.page.emulateMedia({ colorScheme });
    await this.page.setViewportSize({ width, height });
  }

  /** Waits until what the page shows has come: something with a heading, and nothing on its way for a moment. */
  async settle(): Promise<void> {
    await this.page.getByRole('heading').first().waitFor();
    const waiting = this.page.locator('.mantine-Loader-root, .mantine-Skeleton-root[data-visible]');
    let quiet = 0;
    await waitFor('all of the page', async () => {
      const isQuiet = this.#underWay.size === 0 && (await waiting.filter({ visible: true }).count()) === 0;
      quiet = isQuiet ? quiet + 1 : 0;
      return quiet > QUIET_LOOKS;
    });
  }

  /** By how many pixels the page is wider than its window, so that it would have to be moved sideways to be read. */
  async findOverflow(): Promise<number> {
    return Math.max(0, await this.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth'));
  }

  /** What keeps people out who see, hear or move otherwise, as axe finds it: nothing serious, that is nothing. */
  findBarriers(): Promise<string[]> {
    return findBarriers(this.page);
  }

  /** Writes `screenshots/<name>-<look>.png`. */
  async shoot(name: string): Promise<void> {
    const folder = join(ROOT, 'screenshots');
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}-${this.#look}.png`), animations: 'disabled' });
  }

  /** Closes it, also when it is closed. One that looks at a hub of a single test goes before that hub does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }

  #judgeMessage(message: ConsoleMessage): void {
    if (message.type() === 'error') this.#note(`the console says: ${message.text()}`, message.text());
  }

  #judgeRequest(request: Request): void {
    this.#underWay.add(request);
    this.#judgeAddress(request.url());
  }

  #judgeAddress(address: string): void {
    const { protocol, origin } = new URL(address);
    const isOwn = origin === this.#origin || protocol === 'data:' || protocol === 'blob:';
    if (!isOwn) this.#note(`a request left the hub: ${address}`);
  }

  #judgeResponse(response: Response): void {
    const { pathname } = new URL(response.url());
    const isFault = response.status() >= (pathname.startsWith('/api/') ? 500 : 400);
    if (isFault) this.#note(`${pathname} was answered ${response.status()}`);
  }

  #note(problem: string, matter = problem): void {
    if (!this.#expected.some((expected) => expected.test(matter))) this.problems.push(problem);
  }
}
