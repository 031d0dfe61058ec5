import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';

/** Filters of a list live in the address: every view has a link. */
export interface Filters<Name extends string> {
  values: Partial<Record<Name, string>>;
  /** Whether any is set. */
  isFiltered: boolean;
  /** Sets some, or takes them away with an empty value; the list then begins at its first page. */
  set: (changes: Partial<Record<Name, string | null>>) => void;
  clear: () => void;
}

export function useFilters<Name extends string>(names: readonly Name[]): Filters<Name> {
  const [search, setSearch] = useSearchParams();
  const values = useMemo(() => readValues(search, names), [search, names]);
  const set = useCallback(
    (changes: Partial<Record<Name, string | null>>) =>
      setSearch((before) => change(before, changes as Record<string, string | null>), { replace: true }),
    [setSearch],
  );
  const clear = useCallback(
    () =>
      setSearch((before) => change(before, Object.fromEntries(names.map((name) => [name, null]))), {
        replace: true,
      }),
    [setSearch, names],
  );
  return { values, isFiltered: Object.keys(values).length > 0, set, clear };
}

function readValues<Name extends string>(
  search: URLSearchParams,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  const values: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = search.get(name);
    if (value) values[name] = value;
  }
  return values;
}

function change(before: URLSearchParams, changes: Record<string, string | null>): URLSearchParams {
  const after = new URLSearchParams(before);
  after.delete('cursor');
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') after.delete(name);
    else after.set(name, value);
  }
  return after;
}

/** The address of this view with something more in it: filters stay, so a dialog opens above the same list. */
export function useSearchWith(): (changes: Record<string, string | null>) => { search: string } {
  const [search] = useSearchParams();
  return (changes) => {
    const after = new URLSearchParams(search);
    for (const [name, value] of Object.entries(changes))
      if (value === null) after.delete(name);
      else after.set(name, value);
    return { search: after.toString() };
  };
}
