import { ActionIcon, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import classes from './ui.module.css';
import { useCopy } from './use-copy.ts';

interface CopyProps {
  value: string;
  /** What is copied: "the location ID". */
  label: string;
}

export function Copy({ value, label }: CopyProps) {
  const { copied, copy } = useCopy();
  return (
    <Tooltip label={copied ? 'Copied' : `Copy ${label}`}>
      <ActionIcon
        size="sm"
        color={copied ? 'green' : 'gray'}
        aria-label={copied ? 'Copied' : `Copy ${label}`}
        onClick={({ currentTarget }) => copy(value, currentTarget)}
      >
        {copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}

interface CopyableProps extends CopyProps {
  /** Characters that are shown; all of them where it is left out. */
  shown?: number;
}

/** A value such as an id in its own letters, shortened, with what copies the whole. */
export function Copyable({ value, label, shown }: CopyableProps) {
  const text = shown !== undefined && value.length > shown ? `${value.slice(0, shown)}…` : value;
  return (
    <span className={classes.copyable}>
      <code className={classes.clip} title={value}>
        {text}
      </code>
      <Copy value={value} label={label} />
    </span>
  );
}

interface CopyFieldProps extends CopyProps {
  /** Shown in groups of four, for who types it off. */
  grouped?: true;
}

/** A value to take along: a link, a secret, a command. */
export function CopyField({ value, label, grouped }: CopyFieldProps) {
  return (
    <div className={classes.copyField}>
      <code>{grouped ? value.replace(/.{4}(?=.)/g, '$& ') : value}</code>
      <Copy value={value} label={label} />
    </div>
  );
}

/** Some lines of code. */
export function CodeBlock({ value, label }: CopyProps) {
  return (
    <div className={classes.codeBlock}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the keys. */}
      <pre tabIndex={0}>{value}</pre>
      <Copy value={value} label={label} />
    </div>
  );
}
