import { chromium, type Browser as Program } from 'playwright-core';
import { findChromium } from './find-chromium.ts';
import type { Look } from './looks.ts';
import { View } from './view.ts';

/** It speaks to this machine alone, and to nobody by itself. */
const QUIET = [
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
];
const PATIENCE_MS = 45_000;

export interface ViewOptions {
  look?: Look;
  /** Cookies of somebody who is signed in. */
  cookies?: ReadonlyMap<string, string>;
}

/** A Chromium of its own. Each view in it is a browser apart, with its own cookies. */
export class Browser implements AsyncDisposable {
  readonly #program: Program;
  readonly #views = new Set<View>();

  private constructor(program: Program) {
    this.#program = program;
  }

  static async start(): Promise<Browser> {
    const executablePath = findChromium();
    if (executablePath === undefined) throw new Error('there is no Chromium on this machine');
    return new Browser(await chromium.launch({ executablePath, args: QUIET }));
  }

  /** Opens a page of the hub at `origin`. */
  async open(origin: string, { look = 'light', cookies = new Map() }: ViewOptions = {}): Promise<View> {
    const context = await this.#program.newContext({
      baseURL: origin,
      locale: 'en-GB',
      timezoneId: 'Europe/Vienna',
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(PATIENCE_MS);
    await context.addCookies([...cookies].map(([name, value]) => ({ name, value, url: origin })));
    const view = new View(await context.newPage(), origin, look);
    await view.wear(look);
    this.#views.add(view);
    return view;
  }

  /** Pictures of all views as they are. */
  async shootViews(name: string): Promise<void> {
    const open = [...this.#views].filter(({ page }) => !page.isClosed());
    for (const [index, view] of open.entries()) await view.shoot(`${name}-${index + 1}`);
  }

  /** Closes all views; answers what was wrong in them. */
  async closeViews(): Promise<string[]> {
    const views = [...this.#views];
    this.#views.clear();
    await Promise.all(views.map((view) => view[Symbol.asyncDispose]()));
    return views.flatMap((view) => view.problems);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.close();
  }
}
