import type { QuietReads } from '../api/quiet-reads.ts';
import type { TrafficSlice, TrafficSpan, TrafficWalk } from '../store/traffic.ts';

/** A hub with a million messages a day shows the newest of them. */
const MOST_ROWS = 200_000;
/** Rows that lie apart on a slow disk take a hundred times as long: then fewer are read. Milliseconds of reading. */
const MOST_MS = 3_000;
/** A slice is as long as the hub can wait without anybody's noticing. */
const SLICE_MS = 3;
const FIRST_SLICE = 200;
const SMALLEST_SLICE = 50;
const BIGGEST_SLICE = 2_000;

/** Rows of one workspace, or of all, that were not read yet. */
interface Lane {
  workspace: string | undefined;
  before: number;
}

export interface WalkRequest<Row> {
  span: TrafficSpan;
  /** undefined: all. */
  workspaces: readonly string[] | undefined;
  read: (walk: TrafficWalk) => Promise<TrafficSlice<Row>>;
  onRow: (row: Row) => void;
}

/**
 * Shows the rows of a span, newest first but for the order of workspaces among each other. `truncated`: there were more
 * than are read at once. `ms`: how long reading took.
 */
export async function walkNewest<Row>(
  { span, workspaces, read, onRow }: WalkRequest<Row>,
  quiet: QuietReads,
): Promise<{ truncated: boolean; ms: number }> {
  const lanes: Lane[] = (workspaces ?? [undefined]).map((workspace) => ({ workspace, before: span.before }));
  let rows = 0;
  let ms = 0;
  let limit = FIRST_SLICE;
  while (lanes.length > 0) {
    if (rows >= MOST_ROWS || ms >= MOST_MS) return { truncated: true, ms };
    const lane = takeNewest(lanes);
    const walk = { ...lane, from: span.from, limit: Math.min(limit, MOST_ROWS - rows) };
    const { value: slice, ms: taken } = await quiet.run(() => read(walk));
    slice.rows.forEach(onRow);
    rows += slice.rows.length;
    ms += taken;
    limit = fitSlice(limit, taken);
    if (slice.next !== undefined) lanes.push({ workspace: lane.workspace, before: slice.next });
  }
  return { truncated: false, ms };
}

/** The lane that was read least far back: where there is an end before all is read, it is about the same for all. */
function takeNewest(lanes: Lane[]): Lane {
  const newest = lanes.reduce(
    (best, lane, index) => (lane.before > (lanes[best]?.before ?? 0) ? index : best),
    0,
  );
  const [lane] = lanes.splice(newest, 1);
  if (lane === undefined) throw new Error('a walk goes on without a lane');
  return lane;
}

/** Grows slowly, as a slice in the cache tells nothing of the next, and shrinks at once. */
function fitSlice(limit: number, ms: number): number {
  const fitting = Math.min(limit * 1.5, limit * (SLICE_MS / Math.max(ms, 0.01)));
  return Math.round(Math.min(BIGGEST_SLICE, Math.max(SMALLEST_SLICE, fitting)));
}
