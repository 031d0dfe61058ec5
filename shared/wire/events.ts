import type { Acceptance } from './acceptance.ts';
import type { Health } from './health.ts';
import type { Welcome } from './hello.ts';
import type { JournalAck, JournalBatch } from './journal.ts';
import type { Send } from './send.ts';
import type { Settings } from './settings.ts';

/** Path of the socket.io namespace that devices connect to. */
export const DEVICE_NAMESPACE = '/devices';

/** Hub → device. A send is answered through its acknowledgement callback. */
export interface HubEvents {
  welcome: (welcome: Welcome) => void;
  settings: (settings: Settings) => void;
  send: (send: Send, answer: (acceptance: Acceptance) => void) => void;
}

/** Device → hub. A journal batch is answered through its acknowledgement callback. */
export interface DeviceEvents {
  journal: (batch: JournalBatch, answer: (ack: JournalAck) => void) => void;
  health: (health: Health) => void;
}
