// Builds the panel (hub/web) into dist/panel. Plain JavaScript without dependencies of its own.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findNode } from './pinned-node.mjs';
import { takeTurns } from './take-turns.mjs';

/** What the panel is made of: its own sources, what it may import, and the versions of its packages. */
const SOURCES = ['hub/web', 'shared/api', 'shared/wire', 'docs/verifying-webhooks.md', 'package-lock.json'];
const SHARED = 'shared';

/** Makes `dist/panel` what the sources say; throws a sentence when that fails. Two at once take turns. */
export function ensurePanel(root) {
  takeTurns(
    join(root, '.building-panel'),
    () => readStamp(root) === hashSources(root),
    () => {
      console.error('Building the panel (when its sources changed; a few seconds) …');
      buildPanel(root);
    },
  );
}

/** Builds `dist/panel` anew. It is the old one until the new one is whole. */
export function buildPanel(root) {
  const panel = join(root, 'dist', 'panel');
  const next = `${panel}.${process.pid}`;
  const stamp = hashSources(root);
  mkdirSync(join(root, 'dist'), { recursive: true });
  try {
    runVite(root, ['build', join(root, 'hub/web'), '--outDir', next, '--emptyOutDir', '--logLevel', 'warn']);
    writeFileSync(stampIn(next), stamp);
    rmSync(panel, { recursive: true, force: true });
    renameSync(next, panel);
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}

function runVite(root, args) {
  // Options meant for the program, such as a preset platform, would mislead Vite; React is built for use by its NODE_ENV.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const { status } = spawnSync(findNode(), [vite, ...args], {
    cwd: root,
    env: { ...env, NODE_ENV: 'production' },
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('The panel could not be built: see the message above.');
}

function stampIn(panel) {
  return join(panel, '.sources');
}

function readStamp(root) {
  try {
    return readFileSync(stampIn(join(root, 'dist', 'panel')), 'utf8');
  } catch {
    return undefined;
  }
}

function hashSources(root) {
  const hash = createHash('sha256');
  for (const file of listSources(root)) {
    hash.update(`${file}\0`);
    hash.update(
      createHash('sha256')
        .update(readFileSync(join(root, file)))
        .digest(),
    );
  }
  return hash.digest('hex');
}

function listSources(root) {
  const shared = readdirSync(join(root, SHARED)).filter((name) => name.endsWith('.ts'));
  return [...SOURCES, ...shared.map((name) => `${SHARED}/${name}`)]
    .flatMap((place) =>
      statSync(join(root, place)).isDirectory()
        ? readdirSync(join(root, place), { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
        : [place],
    )
    .sort();
}
