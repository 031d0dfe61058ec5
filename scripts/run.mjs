// Runs a TypeScript program of this repository on the Node that the repository pins. What it lacks is installed and built first.
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePanel } from './build-panel.mjs';
import { ensureInstalled } from './install.mjs';
import { runOnPinnedNode } from './pinned-node.mjs';

/** Programs that serve the panel, or look at it. */
const NEED_PANEL = ['hub/main.ts', 'scripts/start.ts', 'scripts/test.ts'];

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [program, ...args] = process.argv.slice(2);

if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(`Bluewire needs Node 20 or newer to start npm; this is ${process.version}.`);
  process.exit(1);
}

try {
  ensureInstalled(root);
  if (NEED_PANEL.includes(program)) ensurePanel(root);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
process.env.PATH = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
runOnPinnedNode(join(root, program), args);
