// `npm test`: runs every test, says what was skipped and why, and ends with "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const reportSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numFailedTestSuites: z.int(),
  testResults: z.array(
    z.object({ assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })) }),
  ),
});

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

const skipped = counts.testResults.flatMap((file) =>
  file.assertionResults.filter((test) => test.status === 'skipped'),
);
for (const test of skipped) console.log(`skipped: ${test.fullName}`);

// A file that does not load has no failed test of its own; it counts as one.
const failed =
  counts.numFailedTests === 0 && run.status !== 0
    ? Math.max(1, counts.numFailedTestSuites)
    : counts.numFailedTests;
const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
console.log(`${counts.numPassedTests} passed, ${failed} failed${tail}`);
process.exit(failed > 0 ? 1 : 0);
