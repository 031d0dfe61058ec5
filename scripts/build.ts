// Compiles hub, bridge and shared to dist/, as the packed tarball ships them.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
const built = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);
