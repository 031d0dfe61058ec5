import type { Finding } from '../../shared/wire/health.ts';
import type { Pace } from '../../shared/wire/settings.ts';

/** A hub that shares the database, as it last told that it lives. */
export interface OtherHub {
  id: string;
  /** Different at every beat. */
  beat: string;
}

/** A device's connection to one of the hubs. */
export interface Connection {
  device_id: string;
  /** Id of the hub. */
  hub: string;
  /** Names this one connection, so that the end of an older one is not taken for its end. */
  id: string;
}

export interface ConnectedDevice extends Connection {
  paused: boolean;
  findings: Finding[];
  pace: Pace;
}

/**
 * Which hubs share the database and what each holds: devices connected to it, and leases under its id on deliveries,
 * fetches and sends.
 */
export interface HubStore {
  /** Enters a hub. One that was there under this id, or was counted as gone, holds nothing any more. */
  registerHub(id: string, beat: string, now: number): Promise<void>;
  /** Tells that the hub lives. Answers the others, or undefined when it is not entered any more: another took over from it. */
  beatHub(id: string, beat: string): Promise<OtherHub[] | undefined>;
  /**
   * Frees all that a hub holds, whose last beat was `beat`, and takes it off; false when it has beaten since, or another
   * hub was first.
   */
  takeOverHub(hub: OtherHub): Promise<boolean>;
  /** Gives back all that a hub still holds, and takes it off. */
  leaveHub(id: string): Promise<void>;
  /**
   * Notes a device's connection in place of any other that it has, and frees what it was asked there. Answers the former
   * one. Undefined when the device or the hub is not there any more.
   */
  connectDevice(connection: Connection): Promise<{ former: Connection | undefined } | undefined>;
  /** Connections that ended, by their ids. */
  endConnections(ids: string[]): Promise<void>;
  listConnections(): Promise<ConnectedDevice[]>;
}
