// Makes dist/ as the packed tarball ships it: hub, bridge and shared compiled, and the panel.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPanel } from './build-panel.mjs';

rmSync('dist', { recursive: true, force: true });
const built = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);
buildPanel(join(dirname(fileURLToPath(import.meta.url)), '..'));
