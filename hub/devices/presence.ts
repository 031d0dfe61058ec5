import type { Acceptance } from '../../shared/wire/acceptance.ts';
import type { Send } from '../../shared/wire/send.ts';

/** A device's live connection, whatever carries it. */
export interface DeviceConnection {
  /** Names this one connection of the device, in all hubs. */
  readonly id: string;
  readonly deviceId: string;
  /** Asks the device to take a message. Rejects when no answer came in time, or none will come any more. */
  offer: (send: Send) => Promise<Acceptance>;
  /** Tells the device how to behave, where that changed since it was last told. */
  refreshSettings: () => void;
  /** Cuts the connection at once. */
  close: () => void;
}

/** Which devices are connected to this hub now. One connection per device: the newest. */
export class Presence {
  readonly #connections = new Map<string, DeviceConnection>();
  readonly #listeners: ((deviceId: string, online: boolean) => void)[] = [];

  get count(): number {
    return this.#connections.size;
  }

  find(deviceId: string): DeviceConnection | undefined {
    return this.#connections.get(deviceId);
  }

  isOnline(deviceId: string): boolean {
    return this.#connections.has(deviceId);
  }

  onlineDevices(): string[] {
    return [...this.#connections.keys()];
  }

  connections(): DeviceConnection[] {
    return [...this.#connections.values()];
  }

  /** Calls `listener` after each device that came or went. A replaced connection is neither. */
  onChange(listener: (deviceId: string, online: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** Notes a connection. One that the device had before is closed. */
  add(connection: DeviceConnection): void {
    const previous = this.#connections.get(connection.deviceId);
    this.#connections.set(connection.deviceId, connection);
    previous?.close();
    this.#announce(connection.deviceId, true);
  }

  /** Forgets a connection that ended, unless a newer one has taken its place. */
  remove(connection: DeviceConnection): void {
    if (this.#connections.get(connection.deviceId) !== connection) return;
    this.#connections.delete(connection.deviceId);
    this.#announce(connection.deviceId, false);
  }

  /** Tells those of the devices that are connected how to behave now. */
  refreshSettings(deviceIds: Iterable<string>): void {
    for (const deviceId of new Set(deviceIds)) this.#connections.get(deviceId)?.refreshSettings();
  }

  /** Cuts a device off, for instance when its credential was revoked. */
  disconnect(deviceId: string): void {
    this.#connections.get(deviceId)?.close();
  }

  #announce(deviceId: string, online: boolean): void {
    for (const listener of this.#listeners) listener(deviceId, online);
  }
}
