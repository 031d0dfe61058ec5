import { accessSync, chmodSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, nearestExisting } from '../shared/runtime/make-folder.ts';

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
    makeFolder(home, 0o700);
    chmodSync(home, 0o700);
  } catch (error) {
    throw unusable(home, error);
  }
}

/** Throws the same sentence where BRIDGE_HOME could not be used, and makes nothing. */
export function refuseUnusableHome(home: string): void {
  const there = nearestExisting(home);
  try {
    if (!statSync(there).isDirectory()) throw new Error(`${there} is not a folder`);
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unusable(home, error);
  }
}

function unusable(home: string, cause: unknown): Error {
  return new Error(`The folder BRIDGE_HOME cannot be used: ${home}.`, { cause });
}
