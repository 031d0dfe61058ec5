// Runs a TypeScript program of this repository on the Node that the repository pins, installing first where needed.
// Plain JavaScript without dependencies: npm starts it with whatever Node the machine has (20 or newer).
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const pinnedNode = join(root, 'node_modules', '.bin', 'node');
const stamp = join(root, 'node_modules', '.bluewire-lock');
const [program, ...args] = process.argv.slice(2);

if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(`Bluewire needs Node 20 or newer to start npm; this is ${process.version}.`);
  process.exit(1);
}

function installedLock() {
  return existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined;
}

const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
if (installedLock() !== lock) {
  console.error('Installing the packages of package-lock.json (once; about half a minute) …');
  const npm = spawnSync('npm', ['ci', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (npm.status !== 0) {
    console.error('npm ci failed: see its message above. Nothing was started.');
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

const node = existsSync(pinnedNode) ? pinnedNode : process.execPath;
const child = spawn(node, [join(root, program), ...args], {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}` },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`Could not start ${node}: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
