import type { Logger } from 'pino';
import type { TestResult } from '../../shared/api/workspaces.ts';
import type { Workspace } from '../store/records.ts';
import type { Store } from '../store/store.ts';

/** What the admin API needs of the rest of the hub. */
export interface AdminDependencies {
  store: Store;
  log: Logger;
  now: () => number;
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
  /** Called when webhook events may have become due. */
  onDeliveriesDue: () => void;
}
