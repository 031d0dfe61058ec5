// Installs what package-lock.json names, where it is not installed yet. Plain JavaScript without dependencies.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { takeTurns } from './take-turns.mjs';

/** Makes `node_modules` what the lock says; throws a sentence when that fails. Two at once take turns. */
export function ensureInstalled(root) {
  takeTurns(
    join(root, '.installing'),
    () => isInstalled(root),
    () => install(root),
  );
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
  if (npm.status !== 0) throw new Error('npm ci failed: see its message above. Nothing was started.');
}
