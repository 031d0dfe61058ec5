/** One test as vitest's JSON report has it. */
export interface ReportedTest {
  /** The name of the file's group (empty), then of each `describe` around it. */
  ancestorTitles: string[];
  fullName: string;
  status: string;
}

const LISTED_SINGLY = 3;

/** Lines that say which tests were skipped; many of one `describe`, whose name says why, share a line. */
export function listSkipped(tests: readonly ReportedTest[]): string[] {
  const skipped = tests.filter((test) => test.status === 'skipped');
  const groups = Map.groupBy(skipped, (test) => test.ancestorTitles.find(Boolean) ?? test.fullName.trim());
  return [...groups].flatMap(([title, group]) =>
    group.length > LISTED_SINGLY
      ? [`skipped: ${title}: ${group.length} tests`]
      : group.map((test) => `skipped: ${test.fullName.trim()}`),
  );
}
