import { existsSync } from 'node:fs';
import type { BridgeConfig } from './config.ts';
import { pathsIn } from './home.ts';
import { readIdentity } from './identity.ts';
import { takeLock } from './store/lock.ts';
import { openBridgeStore } from './store/open-store.ts';

/** What `status` prints, `messages` saying how chat.db stands. Throws a sentence when this Mac is not paired. */
export function describeStatus(config: BridgeConfig, messages: string): string {
  const paths = pathsIn(config.BRIDGE_HOME);
  const identity = readIdentity(paths.identity);
  if (identity === undefined) throw new Error(NOT_PAIRED);
  const lines = [
    `paired    ${identity.hub_url} as “${identity.device_name}” (${identity.device_id}) since ${new Date(identity.paired_at).toISOString()}`,
    `bridge    ${isRunning(paths.lock) ? 'running' : 'not running'}`,
    `messages  ${messages}`,
  ];
  if (existsSync(paths.database)) {
    using store = openBridgeStore(paths.database, identity.device_id);
    lines.push(`waiting   ${store.sends.open} to send, ${store.journal.unacked} for the hub to take`);
  }
  return lines.join('\n');
}

export const NOT_PAIRED =
  'This Mac is not paired with a hub yet: create an enrollment there, then run `bluewire-bridge pair <hub-url> <code>`.';

function isRunning(lockPath: string): boolean {
  if (!existsSync(lockPath)) return false;
  using lock = takeLock(lockPath);
  return lock === undefined;
}
