import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Route } from '../api/route.ts';
import type { MayConnect } from '../guard/address-guard.ts';
import type { Metrics } from '../metrics.ts';
import type { Store } from '../store/store.ts';
import { AnswerPlaces } from './answer-places.ts';
import { deviceFileRoutes } from './device-file-routes.ts';
import { Fetcher, type FetchTimeouts } from './fetcher.ts';
import { linkRoute } from './link-route.ts';
import type { LinkSigner } from './links.ts';
import { MediaFolder } from './media-folder.ts';
import { Sweeper } from './sweeper.ts';
import { Uploads } from './uploads.ts';

export interface MediaOptions {
  /** HUB_DATA_DIR: files lie in `media/` there. */
  dataDir: string;
  /** Whether other hubs may use the same folder. */
  shared: boolean;
  store: Store;
  links: LinkSigner;
  mayConnect: MayConnect;
  owner: string;
  /** HUB_MEDIA_RETENTION, milliseconds. */
  retention: number;
  metrics: Metrics;
  log: Logger;
  now: () => number;
  random: () => number;
  timeouts?: FetchTimeouts | undefined;
  /** Called when messages may be routed that waited for files. */
  onReady: () => void;
  onDeliveriesDue: () => void;
}

/** Those who hold a link, by address; and devices, which must get what they are to send whoever reads links. */
const FOR_LINKS = { total: 48, perCaller: 12, line: 512, linePerCaller: 128, patience: 15_000 };
const FOR_DEVICES = { total: 48, perCaller: 8, line: 4_096, linePerCaller: 16, patience: 30_000 };

/** Everything the hub does with files: fetches them, serves them, takes them from devices, removes them. */
export class Media implements AsyncDisposable {
  readonly routes: Route[];
  readonly #fetcher: Fetcher;
  readonly #sweeper: Sweeper;

  constructor({ dataDir, shared, links, retention, timeouts, ...options }: MediaOptions) {
    const { store, log, now } = options;
    const folder = new MediaFolder(join(dataDir, 'media'), { shared });
    const uploads = new Uploads(folder, { store, now, log });
    this.#fetcher = new Fetcher({ ...options, folder, ...(timeouts && { timeouts }) });
    this.#sweeper = new Sweeper({ store, folder, uploads, retention, log, now });
    this.routes = [
      ...deviceFileRoutes({ store, folder, uploads, places: new AnswerPlaces(FOR_DEVICES), now }),
      linkRoute({ store, folder, links, places: new AnswerPlaces(FOR_LINKS), now }),
    ];
  }

  start(): void {
    this.#fetcher.start();
    this.#sweeper.start();
  }

  /** A message with attachments was accepted. */
  wake(): void {
    this.#fetcher.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#fetcher[Symbol.asyncDispose](), this.#sweeper[Symbol.asyncDispose]()]);
  }
}
