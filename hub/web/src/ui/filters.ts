import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';

/** Filters of a list live in the address: every view has a link. */
export interface Filters<Name extends string> {
  values: Partial<Record<Name, string>>;
  /** Whether any is set. */
  isFiltered: boolean;
  /** Sets some, or takes them away with an empty value. */
  set: (changes: Partial<Record<Name, string | null>>) => void;
  clear: () => void;
}

const PAGE = ['cursor'];
const NOTHING: string[] = [];

/** A list that is filtered anew begins at its first page. */
export function useFilters<Name extends string>(names: readonly Name[]): Filters<Name> {
  return useSearchValues(names, PAGE);
}

/** The dialogs of a page, which open and close above it as it is. */
export function useDialogs<Name extends string>(names: readonly Name[]): Filters<Name> {
  return useSearchValues(names, NOTHING);
}

function useSearchValues<Name extends string>(
  names: readonly Name[],
  dropped: readonly string[],
): Filters<Name> {
  const [search, setSearch] = useSearchParams();
  const values = useMemo(() => readValues(search, names), [search, names]);
  const set = useCallback(
    (changes: Partial<Record<Name, string | null>>) => {
      const nothing = Object.fromEntries(dropped.map((name) => [name, null]));
      setSearch((before) => change(before, { ...nothing, ...changes }), {
        replace: true,
        preventScrollReset: true,
      });
    },
    [setSearch, dropped],
  );
  const clear = useCallback(
    () => set(Object.fromEntries(names.map((name) => [name, null])) as Record<Name, null>),
    [set, names],
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

function change(
  before: URLSearchParams,
  changes: Record<string, string | null | undefined>,
): URLSearchParams {
  const after = new URLSearchParams(before);
  for (const [name, value] of Object.entries(changes))
    if (value) after.set(name, value);
    else after.delete(name);
  return after;
}

/** The address of this view with something more in it: filters stay, so a dialog opens above the same list. */
export function useSearchWith(): (changes: Record<string, string | null>) => { search: string } {
  const [search] = useSearchParams();
  return (changes) => ({ search: change(search, changes).toString() });
}
