/**
 * Waits for works of one step that need nothing of each other: where the database is a network away their statements
 * travel together. All of them end before this does, since no statement may come after its step's end.
 */
export async function together<const Works extends readonly Promise<unknown>[]>(
  works: Works,
): Promise<{ -readonly [Index in keyof Works]: Awaited<Works[Index]> }> {
  for (const one of await Promise.allSettled(works)) if (one.status === 'rejected') throw one.reason;
  return Promise.all(works);
}
