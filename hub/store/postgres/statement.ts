/** Texts met so far: they are constants of the code, but lists bind as JSON, so there are some hundred at most. */
const known = new Map<string, { name: string; text: string }>();

/** The statement as Postgres writes it, `$1` for the first `?`, under the name by which each connection prepares it once. */
export function nameStatement(sql: string): { name: string; text: string } {
  const statement = known.get(sql);
  if (statement) return statement;
  let n = 0;
  const text = sql.replace(/'[^']*'|\?/g, (part) => {
    if (part !== '?') return part;
    n += 1;
    return `$${n}`;
  });
  const named = { name: `bluewire_${known.size + 1}`, text };
  known.set(sql, named);
  return named;
}
