import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where the bridge keeps its things inside BRIDGE_HOME. */
export function pathsIn(home: string): {
  identity: string;
  database: string;
  lock: string;
  inputs: string;
  incoming: string;
  health: string;
  ownNode: string;
} {
  return {
    identity: join(home, 'identity.json'),
    database: join(home, 'bridge.db'),
    lock: join(home, 'bridge.lock'),
    inputs: join(home, 'outgoing'),
    incoming: join(home, 'incoming'),
    health: join(home, 'health.json'),
    ownNode: join(home, 'bin', 'node'),
  };
}

/** Makes BRIDGE_HOME, readable by its owner alone. Throws a sentence when that is not possible. */
export function prepareHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    chmodSync(home, 0o700);
  } catch (error) {
    throw new Error(`The folder BRIDGE_HOME cannot be used: ${home}.`, { cause: error });
  }
}
