import { Client, type Pool, type PoolClient } from 'pg';

const CONNECT_DEADLINE_MS = 5_000;
/** A peer that vanished without a word is noticed by the system's probes, begun after so long. */
const PROBE_AFTER_MS = 10_000;

/**
 * What listens to the database for other hubs' signals, in the shape of the pool that the socket.io adapter takes. The
 * adapter keeps one connection to listen on and never gives back one that broke, which would use up a real pool: here each
 * is a client of its own, the one before it ended.
 */
export class SignalLine implements Disposable {
  readonly #url: string;
  readonly #pool: Pool;
  #listening: Client | undefined;
  #closed = false;

  /** Signals are sent through `pool`, and listened for on a connection of its own to `url`. */
  constructor(url: string, pool: Pool) {
    this.#url = url;
    this.#pool = pool;
  }

  /** The part of a pool that the adapter uses. */
  get pool(): Pool {
    const line: Pick<Pool, 'query'> & { connect(): Promise<Client> } = {
      connect: () => this.#connect(),
      query: this.#pool.query.bind(this.#pool) as Pool['query'],
    };
    return line as unknown as Pool;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#dropListening();
  }

  async #connect(): Promise<Client> {
    this.#dropListening();
    const client = new Client({
      connectionString: this.#url,
      application_name: 'bluewire-hub-signals',
      connectionTimeoutMillis: CONNECT_DEADLINE_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: PROBE_AFTER_MS,
    });
    client.on('error', () => undefined);
    const release: PoolClient['release'] = () => void client.end().catch(() => undefined);
    try {
      await client.connect();
    } catch (error) {
      release();
      if (!this.#closed) throw error;
    }
    // The adapter seeks a connection for ever, also after its end: it is left waiting for this one.
    if (this.#closed) {
      release();
      return new Promise(() => undefined);
    }
    this.#listening = client;
    return Object.assign(client, { release });
  }

  /** Without its listeners: its end must not make the adapter seek yet another one. */
  #dropListening(): void {
    const client = this.#listening;
    this.#listening = undefined;
    if (client === undefined) return;
    client.removeAllListeners('end');
    client.removeAllListeners('notification');
    // Not waited for: on a line that is dead it takes as long as the system's probes.
    void client.end().catch(() => undefined);
  }
}
