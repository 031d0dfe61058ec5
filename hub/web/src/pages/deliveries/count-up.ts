/** The hub counts no further. */
const MOST_COUNTED = 100_000;

/** A count in the viewer's way of writing numbers; "100,000 or more" at the end of counting. */
export function countUp(count: number): string {
  return count >= MOST_COUNTED ? `${count.toLocaleString()} or more` : count.toLocaleString();
}
