import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch, IconX } from '@tabler/icons-react';
import { Fragment, type ReactNode, useEffect, useState } from 'react';
import classes from './ui.module.css';

/** Milliseconds after the last key. */
const TYPING_PAUSE_MS = 350;
/** Of a time every digit makes another one, until the last is typed. */
const TIME_PAUSE_MS = 1_500;
/** Choices shown at once; whoever types finds the others. */
const MOST_CHOICES = 200;

interface FilterBarProps {
  isFiltered: boolean;
  onClear: () => void;
  children: ReactNode;
}

export function FilterBar({ isFiltered, onClear, children }: FilterBarProps) {
  // What somebody began to type goes with the rest.
  const [clears, setClears] = useState(0);
  const clear = (): void => {
    setClears(clears + 1);
    onClear();
  };
  return (
    <search className={classes.filters} aria-label="Filters">
      <Fragment key={clears}>{children}</Fragment>
      {isFiltered && (
        <Button variant="subtle" color="gray" leftSection={<IconX size={15} aria-hidden />} onClick={clear}>
          Clear filters
        </Button>
      )}
    </search>
  );
}

interface FilterProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | null) => void;
}

interface FilterSelectProps extends FilterProps {
  choices: readonly { value: string; label: string }[];
  /** What is shown when nothing is chosen. */
  any: string;
}

export function FilterSelect({ label, value, onChange, choices, any }: FilterSelectProps) {
  return (
    <Select
      label={label}
      placeholder={any}
      data={choices}
      value={value ?? null}
      onChange={onChange}
      clearable
      searchable={choices.length > 8}
      limit={MOST_CHOICES}
      nothingFoundMessage="Nothing found"
      comboboxProps={{ withinPortal: true }}
    />
  );
}

interface FilterTextProps extends FilterProps {
  placeholder?: string;
  isSearch?: boolean;
}

/** Takes effect when the typing pauses. */
export function FilterText({ label, value = '', onChange, placeholder, isSearch }: FilterTextProps) {
  const [typed, setTyped] = useState(value);
  const settle = useDebouncedCallback(onChange, TYPING_PAUSE_MS);
  // The space before the next word is not in the value yet.
  useEffect(() => setTyped((now) => (now.trim() === value ? now : value)), [value]);
  return (
    <TextInput
      type={isSearch ? 'search' : 'text'}
      label={label}
      placeholder={placeholder}
      leftSection={isSearch ? <IconSearch size={16} aria-hidden /> : undefined}
      value={typed}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value);
        settle(currentTarget.value.trim());
      }}
      wrapperProps={{ 'data-grow': isSearch || undefined }}
    />
  );
}

/** A time of the viewer's zone; the address and the API have it in RFC 3339. Takes effect when it stands, or is left. */
export function FilterTime({ label, value, onChange }: FilterProps) {
  const [typed, setTyped] = useState(() => toLocal(value));
  const settle = useDebouncedCallback((local: string) => onChange(toInstant(local)), TIME_PAUSE_MS);
  useEffect(() => setTyped((now) => (toInstant(now) === (value ?? null) ? now : toLocal(value))), [value]);
  return (
    <TextInput
      type="datetime-local"
      label={label}
      value={typed}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value);
        settle(currentTarget.value);
      }}
      onBlur={() => settle.flush()}
    />
  );
}

function toLocal(instant: string | undefined): string {
  const time = instant === undefined ? Number.NaN : Date.parse(instant);
  if (Number.isNaN(time)) return '';
  const local = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

function toInstant(local: string): string | null {
  const time = Date.parse(local);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
