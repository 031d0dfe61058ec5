import { createLog } from '../shared/runtime/log.ts';
import { LogFile } from '../shared/runtime/log-file.ts';
import { whenAborted } from '../shared/runtime/run-main.ts';
import { VERSION } from '../shared/version.ts';
import { startBridge } from './bridge.ts';
import type { BridgeConfig } from './config.ts';
import { pathsIn, prepareHome } from './home.ts';
import { readIdentity } from './identity.ts';
import { LOG_FILE, LOG_GENERATIONS, trimCrashes } from './read-log.ts';
import { NOT_PAIRED } from './status.ts';
import { takeLock } from './store/lock.ts';
import { explainNoMac } from './system-name.ts';

const LOG_MEGABYTES = 5;

/** Runs the bridge until `signal` is aborted. Throws a sentence when it cannot start. */
export async function runBridge(config: BridgeConfig, signal: AbortSignal): Promise<void> {
  if (process.platform !== 'darwin') {
    throw new Error(explainNoMac(process.platform));
  }
  prepareHome(config.BRIDGE_HOME);
  const paths = pathsIn(config.BRIDGE_HOME);
  const identity = readIdentity(paths.identity);
  if (identity === undefined) throw new Error(NOT_PAIRED);
  using lock = takeLock(paths.lock);
  if (lock === undefined) throw new Error(`Another bridge already runs on ${config.BRIDGE_HOME}.`);
  await using file = openLogFile(config.BRIDGE_LOG_DIR);
  const log = createLog('bluewire-bridge', config.LOG_LEVEL, file);
  await using _stages = await startBridge({ config, identity, log, now: Date.now });
  log.info({ version: VERSION, hub: identity.hub_url, device_id: identity.device_id }, 'bridge started');
  await whenAborted(signal);
  log.info('bridge stopping');
}

/** Undefined where the log goes to stdout. */
function openLogFile(folder: string | undefined): LogFile | undefined {
  if (folder === undefined) return undefined;
  trimCrashes(folder);
  return new LogFile({
    folder,
    name: LOG_FILE,
    maxMegabytes: LOG_MEGABYTES,
    generations: LOG_GENERATIONS,
    now: Date.now,
  });
}
