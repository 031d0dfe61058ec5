// Lets one process at a time do something in a folder that others may want done too. Plain JavaScript without dependencies.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const UNSIGNED_MS = 5_000;
const LOOK_EVERY_MS = 250;

/** Runs `work` when it is this process's turn, unless `isDone` by then. A folder named `turn` stands for it meanwhile. */
export function takeTurns(turn, isDone, work) {
  if (isDone()) return;
  while (!takeTurn(turn)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_EVERY_MS);
  try {
    if (!isDone()) work();
  } finally {
    rmSync(turn, { recursive: true, force: true });
  }
}

// A folder is made by one process only; the one that made it may be gone.
function takeTurn(folder) {
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, 'pid'), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!isRunning(folder)) rmSync(folder, { recursive: true, force: true });
  return false;
}

function isRunning(folder) {
  try {
    process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 0);
    return true;
  } catch (error) {
    if (error.code !== 'ENOENT') return error.code === 'EPERM';
    // Made, and not yet signed.
    return Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0) < UNSIGNED_MS;
  }
}
