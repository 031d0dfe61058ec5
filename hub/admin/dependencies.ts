import type { Logger } from 'pino';
import type { TestResult } from '../../shared/api/workspaces.ts';
import type { Channel } from '../../shared/channels.ts';
import type { QuietReads } from '../api/quiet-reads.ts';
import type { Workspace } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { NoteChange } from './audit.ts';

/** What the admin API needs of the rest of the hub. */
export interface AdminDependencies {
  store: Store;
  log: Logger;
  now: () => number;
  /** By which long reads hold up nothing. */
  quiet: QuietReads;
  /** Writes down what a caller changed. */
  audit: NoteChange;
  /** HUB_MESSAGE_TTL, milliseconds. */
  messageTtl: number;
  /** Throws what POST /webhook would answer now to a message on this channel to this phone. */
  checkSendable: (workspace: Workspace, message: { channel: Channel; phone: string }) => Promise<void>;
  /** Whether new workspaces require an API key when their creator does not say. */
  requireApiKeyByDefault: boolean;
  /** How devices reach the hub. */
  publicUrl: () => string;
  isOnline: (deviceId: string) => boolean;
  /** Cuts a device's connection. */
  disconnectDevice: (deviceId: string) => void;
  /** POSTs a test event to the workspace's webhook. */
  sendTestEvent: (workspace: Workspace & { url: string }) => Promise<TestResult>;
  /** Called when devices may have got or lost work: other assignments, a pause, a device removed. */
  onDevicesChanged: (deviceIds: string[]) => void;
  /** Called when messages came, or can go on; whether with files that are to be fetched first. */
  onMessagesWaiting: (withFiles: boolean) => void;
  /** Called when webhook events may have become due. */
  onDeliveriesDue: () => void;
}
