import type { DeviceConnection, Presence } from '../devices/presence.ts';
import type { ConnectedDevice, HubStore } from '../store/hubs.ts';

export interface RosterDependencies {
  store: Pick<HubStore, 'listConnections' | 'endConnections'>;
  presence: Presence;
  /** Id of this hub. */
  owner: string;
  /** Called with the devices whose connections to this hub ended, once that is noted. */
  onEnded: (deviceIds: string[]) => void;
}

/**
 * Which devices are connected to any of the hubs, as the database had it when it was last read. It is the truth: a
 * connection to this hub that the database does not know is closed, and the device comes back.
 */
export class Roster {
  readonly #dependencies: RosterDependencies;
  /** Connections that ended here, until that is noted. */
  readonly #ended = new Map<string, string>();
  #devices = new Map<string, ConnectedDevice>();
  #stale = true;

  constructor(dependencies: RosterDependencies) {
    this.#dependencies = dependencies;
  }

  /** Whether the device is connected to this hub, or was to another a moment ago. */
  isOnline(deviceId: string): boolean {
    const { presence, owner } = this.#dependencies;
    if (presence.isOnline(deviceId)) return true;
    const device = this.#devices.get(deviceId);
    return device !== undefined && device.hub !== owner;
  }

  list(): ConnectedDevice[] {
    return [...this.#devices.values()];
  }

  /** Something about devices changed: what is known of them is read again before it is used. */
  touch(): void {
    this.#stale = true;
  }

  /** A connection to this hub ended. */
  end({ id, deviceId }: Pick<DeviceConnection, 'id' | 'deviceId'>): void {
    this.#ended.set(id, deviceId);
    this.#stale = true;
  }

  /** Reads the database where something changed since; answers whether it did. Not to be called twice at once. */
  async refresh(): Promise<boolean> {
    if (!this.#stale) return false;
    const { store, presence } = this.#dependencies;
    // Before the look: what is touched or connected meanwhile is for the next one.
    this.#stale = false;
    const here = presence.connections();
    try {
      await this.#noteEnds();
      const connected = await store.listConnections();
      this.#devices = new Map(
        connected.filter((device) => this.#stands(device)).map((device) => [device.device_id, device]),
      );
    } catch (error) {
      this.#stale = true;
      throw error;
    }
    for (const connection of here)
      if (this.#devices.get(connection.deviceId)?.id !== connection.id) connection.close();
    return true;
  }

  async #noteEnds(): Promise<void> {
    const ended = [...this.#ended];
    if (ended.length === 0) return;
    const { store, onEnded } = this.#dependencies;
    await store.endConnections(ended.map(([id]) => id));
    for (const [id] of ended) this.#ended.delete(id);
    onEnded(ended.map(([, deviceId]) => deviceId));
  }

  /** A connection to this hub may have ended already, or not yet be ready. */
  #stands({ device_id, hub, id }: ConnectedDevice): boolean {
    const { presence, owner } = this.#dependencies;
    return hub !== owner || presence.find(device_id)?.id === id;
  }
}
