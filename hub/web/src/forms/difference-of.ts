/** The fields of `after` that are not as in `before`: sent alone, they undo nothing that somebody else has changed meanwhile. */
export function differenceOf<Body extends object>(before: Body, after: Body): Partial<Body> {
  const was = new Map<string, unknown>(Object.entries(before));
  const changed = Object.entries(after).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(was.get(field)),
  );
  return Object.fromEntries(changed) as Partial<Body>;
}
