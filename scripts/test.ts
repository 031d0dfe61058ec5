// `npm test`: runs every test, says what was skipped and why, and ends with "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { NEEDS } from './test/needs.ts';
import { provide, THIS_MACHINE } from './test/provide.ts';
import { listSkipped } from './test/skipped.ts';

const reportSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numFailedTestSuites: z.int(),
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({ ancestorTitles: z.array(z.string()), fullName: z.string(), status: z.string() }),
      ),
    }),
  ),
});

const missing = NEEDS.map((need) => ({ name: need.name, why: provide(need, THIS_MACHINE) })).filter(
  ({ why }) => why !== undefined,
);

const folder = mkdtempSync(join(tmpdir(), 'bluewire-test-'));
const report = join(folder, 'report.json');
const args = [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
];
const run = spawnSync('vitest', args, { stdio: 'inherit' });

const counts = reportSchema.parse(JSON.parse(readFileSync(report, 'utf8')));
rmSync(folder, { recursive: true, force: true });

const tests = counts.testResults.flatMap((file) => file.assertionResults);
for (const line of listSkipped(tests)) console.log(line);
for (const { name, why } of missing)
  console.log(`${name} is missing, and what needs it was skipped: ${why}.`);

// A file that does not load has no failed test of its own; it counts as one.
const failed =
  counts.numFailedTests === 0 && run.status !== 0
    ? Math.max(1, counts.numFailedTestSuites)
    : counts.numFailedTests;
const skipped = tests.filter((test) => test.status === 'skipped').length;
const tail = skipped > 0 ? `, ${skipped} skipped` : '';
console.log(`${counts.numPassedTests} passed, ${failed} failed${tail}`);
process.exit(failed > 0 ? 1 : 0);
