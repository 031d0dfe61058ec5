import type { Selectable } from 'kysely';
import type { Channel } from '../../../shared/channels.ts';
import type { Workspace } from '../records.ts';
import { toWorkspace } from '../rows.ts';
import type { WorkspaceRow } from '../schema.ts';
import type { Vault } from '../vault.ts';
import type { SqliteConnection } from './database.ts';

/** Workspaces kept in memory at most; a bigger hub reads the rest from the database's page cache. */
const MAX_KEPT = 10_000;

interface Entry {
  workspace: Workspace;
  /** Devices that serve the workspace, by channel. */
  served: ReadonlyMap<Channel, readonly string[]>;
}

/**
 * Workspaces with their secrets opened and what is assigned to them, in memory: every message asks for them. Complete
 * because this process alone writes the database; every change of workspaces, devices or assignments forgets it all.
 */
export class Directory {
  readonly #db: SqliteConnection;
  readonly #vault: Vault;
  readonly #entries = new Map<string, Entry>();

  constructor(db: SqliteConnection, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  workspace(locationId: string): Workspace | undefined {
    return this.#entry(locationId)?.workspace;
  }

  /** Channels on which at least one assigned device serves the workspace. */
  served(locationId: string): readonly Channel[] {
    return [...(this.#entry(locationId)?.served.keys() ?? [])];
  }

  /** Channels that the device serves for the workspace and that it wants tried, in turn, after `channel`. */
  fallbacks(locationId: string, deviceId: string, channel: Channel): Channel[] {
    const entry = this.#entry(locationId);
    const route = entry?.workspace.routes[channel] ?? [];
    return route.slice(1).filter((next) => entry?.served.get(next)?.includes(deviceId));
  }

  /** Whether events of the workspace are to be sent; undefined when there is no such workspace. */
  listens(locationId: string): boolean | undefined {
    const workspace = this.workspace(locationId);
    return workspace && workspace.url !== null && workspace.webhook_enabled;
  }

  forget(): void {
    this.#entries.clear();
  }

  #entry(locationId: string): Entry | undefined {
    const known = this.#entries.get(locationId);
    if (known) return known;
    const row = this.#db.get<Selectable<WorkspaceRow>>(
      'SELECT * FROM workspaces WHERE location_id = ?',
      locationId,
    );
    if (row === undefined) return undefined;
    const served = this.#db.all<{ channel: Channel; device_id: string }>(
      `SELECT a.channel, a.device_id FROM assignments a JOIN devices d ON d.id = a.device_id
       WHERE a.location_id = ? AND EXISTS (SELECT 1 FROM json_each(d.channels) WHERE value = a.channel)`,
      locationId,
    );
    const entry = {
      workspace: toWorkspace(row, this.#vault),
      served: new Map(
        [...Map.groupBy(served, ({ channel }) => channel)].map(([channel, ofChannel]) => [
          channel,
          ofChannel.map(({ device_id }) => device_id),
        ]),
      ),
    };
    if (this.#entries.size >= MAX_KEPT) this.#entries.clear();
    this.#entries.set(locationId, entry);
    return entry;
  }
}
