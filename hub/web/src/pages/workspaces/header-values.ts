import { revealHeaders } from '../../api/workspaces.ts';
import type { HeaderRow, WorkspaceValues } from './workspace-values.ts';

/** What the hub has stored for the headers of a workspace, by their names in small letters. */
export async function readHeaderValues(locationId: string): Promise<ReadonlyMap<string, string>> {
  const { headers } = await revealHeaders(locationId);
  return new Map(headers.map(({ key, value }) => [key.toLowerCase(), value]));
}

/** The row with its stored value, where nobody typed another. */
export function fillIn(row: HeaderRow, stored: ReadonlyMap<string, string>): HeaderRow {
  if (row.storedAs === null || row.value !== '') return row;
  return { ...row, value: stored.get(row.storedAs.toLowerCase()) ?? '' };
}

/** By its old name the hub keeps a value that nobody typed anew; a header that has another name now needs it spelt out. */
export async function fillInRenamed(
  values: WorkspaceValues,
  storedIn: string | null,
): Promise<WorkspaceValues> {
  if (storedIn === null || !values.headers.some(isRenamed)) return values;
  const stored = await readHeaderValues(storedIn);
  return { ...values, headers: values.headers.map((row) => (isRenamed(row) ? fillIn(row, stored) : row)) };
}

function isRenamed({ key, value, storedAs }: HeaderRow): boolean {
  return storedAs !== null && value === '' && key.trim().toLowerCase() !== storedAs.toLowerCase();
}
