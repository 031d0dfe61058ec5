import type { Selectable } from 'kysely';
import type { Channel } from '../../../shared/channels.ts';
import type { Workspace } from '../records.ts';
import { toWorkspace } from '../rows.ts';
import type { WorkspaceRow } from '../schema.ts';
import type { Vault } from '../vault.ts';
import type { Connection } from './connection.ts';

/** Workspaces kept in memory at most; a bigger hub reads the rest from the database. */
const MAX_KEPT = 10_000;

interface Entry {
  workspace: Workspace;
  /** Devices that serve the workspace, by channel. */
  served: ReadonlyMap<Channel, readonly string[]>;
  until: number;
}

/**
 * Workspaces with their secrets opened and what is assigned to them, in memory: every message asks for them. Every change
 * that this process makes of workspaces, devices or assignments forgets it all.
 */
export class DirectoryMemory {
  readonly #entries = new Map<string, Entry>();
  readonly #lifetime: number;
  #age = 0;

  /** `lifetime`, in milliseconds, bounds how long changes by other processes go unseen; infinite where there are none. */
  constructor(lifetime: number) {
    this.#lifetime = lifetime;
  }

  forget(): void {
    this.#entries.clear();
    this.#age += 1;
  }

  /** Of one workspace. */
  drop(locationId: string): void {
    this.#entries.delete(locationId);
  }

  /** What is remembered, else what `load` reads. Something forgotten during the load is not remembered. */
  async recall(
    locationId: string,
    load: () => Promise<Omit<Entry, 'until'> | undefined>,
  ): Promise<Omit<Entry, 'until'> | undefined> {
    const known = this.#entries.get(locationId);
    if (known && known.until > performance.now()) return known;
    const age = this.#age;
    const until = performance.now() + this.#lifetime;
    const loaded = await load();
    if (loaded === undefined || age !== this.#age) return loaded;
    if (this.#entries.size >= MAX_KEPT) this.#entries.clear();
    this.#entries.set(locationId, { ...loaded, until });
    return loaded;
  }
}

/** What is known of workspaces, read through one connection where it is not remembered. */
export class Directory {
  readonly #db: Connection;
  readonly #vault: Vault;
  readonly #memory: DirectoryMemory;

  constructor(db: Connection, vault: Vault, memory: DirectoryMemory) {
    this.#db = db;
    this.#vault = vault;
    this.#memory = memory;
  }

  async workspace(locationId: string): Promise<Workspace | undefined> {
    return (await this.#entry(locationId))?.workspace;
  }

  /** By what the database says: another hub may have just changed it. */
  async workspaceOfNow(locationId: string): Promise<Workspace | undefined> {
    this.#memory.drop(locationId);
    return this.workspace(locationId);
  }

  /** Channels on which at least one assigned device serves the workspace. */
  async served(locationId: string): Promise<readonly Channel[]> {
    return [...((await this.#entry(locationId))?.served.keys() ?? [])];
  }

  /** Channels that the device serves for the workspace and that it wants tried, in turn, after `channel`. */
  async fallbacks(locationId: string, deviceId: string, channel: Channel): Promise<Channel[]> {
    const entry = await this.#entry(locationId);
    const route = entry?.workspace.routes[channel] ?? [];
    return route.slice(1).filter((next) => entry?.served.get(next)?.includes(deviceId));
  }

  /**
   * Whether events of the workspace are to be sent; undefined when there is no such workspace. That they are not is never
   * said from memory: an event that is only recorded, since another hub has just switched the webhook on, is not sent.
   */
  async listens(locationId: string): Promise<boolean | undefined> {
    const remembered = await this.workspace(locationId);
    if (remembered?.url && remembered.webhook_enabled) return true;
    const workspace = await this.workspaceOfNow(locationId);
    return workspace && workspace.url !== null && workspace.webhook_enabled;
  }

  forget(): void {
    this.#memory.forget();
  }

  #entry(locationId: string): Promise<Omit<Entry, 'until'> | undefined> {
    return this.#memory.recall(locationId, () => this.#load(locationId));
  }

  async #load(locationId: string): Promise<Omit<Entry, 'until'> | undefined> {
    const row = await this.#db.get<Selectable<WorkspaceRow>>(
      'SELECT * FROM workspaces WHERE location_id = ? AND deleted_at IS NULL',
      locationId,
    );
    if (row === undefined) return undefined;
    const served = await this.#db.all<{ channel: Channel; device_id: string }>(
      `SELECT a.channel, a.device_id FROM assignments a JOIN devices d ON d.id = a.device_id
       WHERE a.location_id = ? AND EXISTS (SELECT 1 FROM json_each(d.channels) WHERE value = a.channel)`,
      locationId,
    );
    return {
      workspace: toWorkspace(row, this.#vault),
      served: new Map(
        [...Map.groupBy(served, ({ channel }) => channel)].map(([channel, ofChannel]) => [
          channel,
          ofChannel.map(({ device_id }) => device_id),
        ]),
      ),
    };
  }
}
