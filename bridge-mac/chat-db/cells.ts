// Any cell may hold anything: SQLite's column types bind nobody, and a database may be damaged. What is of another kind
// than Messages writes there counts as absent.

/** Cut to `most` characters, so that a damaged cell fits the way to the hub. */
export function asText(cell: unknown, most = 1_000): string | null {
  if (typeof cell === 'string') return cell.length > most ? cell.slice(0, most) : cell;
  return typeof cell === 'bigint' ? String(cell) : null;
}

export function asInteger(cell: unknown): bigint {
  if (typeof cell === 'bigint') return cell;
  return typeof cell === 'number' && Number.isFinite(cell) ? BigInt(Math.trunc(cell)) : 0n;
}

export function asBlob(cell: unknown): Uint8Array | null {
  return cell instanceof Uint8Array && cell.byteLength > 0 ? cell : null;
}
