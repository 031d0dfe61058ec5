import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Those that drive a real browser, which takes a core for itself. */
const IN_A_BROWSER = [
  'test/hub/web/**/*.test.ts',
  'test/kit/browser/**/*.test.ts',
  'test/e2e/panel-guide.test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'hub and bridge',
          include: ['test/**/*.test.ts'],
          exclude: IN_A_BROWSER,
          // Most tests wait for processes, disks and timers rather than for a core.
          maxWorkers: availableParallelism() + 1,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'panel',
          include: IN_A_BROWSER,
          // Each takes a core, which what waits for processes would have to wait for.
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
