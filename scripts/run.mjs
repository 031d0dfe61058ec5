// Runs a TypeScript program of this repository on the Node that the repository pins, installing first where needed.
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { runOnPinnedNode } from './pinned-node.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [program, ...args] = process.argv.slice(2);

if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(`Bluewire needs Node 20 or newer to start npm; this is ${process.version}.`);
  process.exit(1);
}

ensureInstalled(root);
process.env.PATH = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
runOnPinnedNode(join(root, program), args);
