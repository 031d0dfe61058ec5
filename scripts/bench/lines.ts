import { z } from 'zod';

/** A workspace with the one device that serves it, as the driver of the bench knows it. */
export interface Line {
  location_id: string;
  device_id: string;
  /** The device's credential. */
  token: string;
}

/** What the driver is told, one after the other; it answers each. */
export type Order =
  /** Connects the devices. Answer: how many are connected. */
  | { kind: 'connect'; url: string; lines: Line[] }
  /** Hands over so many messages from so many connections. Answer: seconds until the last is announced as DELIVERED. */
  | { kind: 'send'; count: number; connections: number }
  /** Hands over messages one by one, to lines at random. Answer: milliseconds from each POST until its device has it. */
  | { kind: 'wake'; count: number };

export const secondsSchema = z.number().positive();
export const samplesSchema = z.array(z.number());
