// Installs what package-lock.json names, where it is not installed yet. Plain JavaScript without dependencies.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const UNSIGNED_MS = 5_000;
const LOOK_EVERY_MS = 250;

/** Makes `node_modules` what the lock says; ends the process with a sentence when that fails. Two at once take turns. */
export function ensureInstalled(root) {
  if (isInstalled(root)) return;
  const turn = join(root, '.installing');
  while (!takeTurn(turn)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_EVERY_MS);
  try {
    if (!isInstalled(root)) install(root);
  } finally {
    rmSync(turn, { recursive: true, force: true });
  }
}

/** Whether every package that this platform needs is there in the version of the lock, by npm's own record. */
function isInstalled(root) {
  try {
    const wanted = readPackages(join(root, 'package-lock.json'));
    const present = readPackages(join(root, 'node_modules', '.package-lock.json'));
    return Object.entries(wanted).every(
      ([path, { version, optional }]) => path === '' || optional || present[path]?.version === version,
    );
  } catch {
    return false;
  }
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

function install(root) {
  console.error('Installing the packages of package-lock.json (once; about half a minute) …');
  // Options meant for the program, such as a preset platform, would mislead npm.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const args = ['ci', '--ignore-scripts', '--loglevel=error'];
  const npm = spawnSync('npm', args, { env, cwd: root, stdio: ['ignore', 2, 2] });
  if (npm.status === 0) return;
  rmSync(join(root, '.installing'), { recursive: true, force: true });
  console.error('npm ci failed: see its message above. Nothing was started.');
  process.exit(1);
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
