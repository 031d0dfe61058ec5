// Everything that can be told about the code without running the product: format, lint, types, dead code, structure.
import { spawnSync } from 'node:child_process';

const CHECKS: [name: string, command: string, ...args: string[]][] = [
  ['biome', 'biome', 'ci', '--error-on-warnings', '.'],
  ['tsc', 'tsc', '--noEmit'],
  ['tsc (panel)', 'tsc', '-p', 'hub/web'],
  ['knip', 'knip'],
  ['architecture', 'vitest', 'run', 'test/architecture'],
];

const failed: string[] = [];
for (const [name, command, ...args] of CHECKS) {
  console.log(`— ${name}`);
  if (spawnSync(command, args, { stdio: 'inherit' }).status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(', ')}`);
  process.exit(1);
}
